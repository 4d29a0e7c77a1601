public import BackEnd
public import CheckedYAML
public import EventLoop
public import LanguageModel
public import Sessions

/// Everything one file says about a server. Paths in it are relative to the file's folder.
public struct ServerConfiguration: Sendable {
    /// HOST:PORT, or HOST:0 for a free port.
    public var listen = "127.0.0.1:7401"
    public var loops = 1
    /// Serve beyond the loopback without TLS.
    public var isInsecure = false
    public var adminSocket = ""
    /// HOST:PORT of the metrics and health endpoint; "" = none.
    public var metrics = ""
    public var logLevel = LogLevel.info
    public var logFormat = LogFormat.text
    /// Personal data is taken out of what is logged.
    public var redactsLog = true
    public var modelsFolder = ""
    public var runtimeFolder = ""
    public var pluginFolder = ""
    public var plugins: [PluginChoice] = []
    public var graphFile = ""
    public var catalogueFolder = ""
    public var databaseFile = ""
    public var intentsFile = ""
    /// The dialogue policy of customer service; "" = it answers, but does nothing.
    public var dialogueFile = ""
    /// Examples of what reviews are about; "" = they are read by words alone.
    public var reviewsFile = ""
    /// Business rules and experiment of recommendations; "" = none.
    public var rulesFile = ""
    /// A trained ranker's folder; "" = what comes next is not foreseen.
    public var rankerFolder = ""
    /// Learnt weights of the recommendations' signals (`vitrine train ranker --exposures`); "" = those set by hand, of the rules.
    public var rankingFolder = ""
    /// Where orders are asked for and requests go; nil = the shop's own database.
    public var backEnd: BackEndChoice?
    /// The recorded conversation that a server in this process plays a part of: what was read of the shop and what others said. Not from the file.
    public var playedBack: PlayedBackRecording?
    /// A space that words and pictures share (`vitrine train alignment --inputs plugins`); "" = neither finds the other.
    public var spaceFolder = ""
    /// How often the database is looked at for an imported catalogue, which is then taken without a restart; 0 = never.
    public var catalogueRefreshMs = 1_000
    public var tokensFile = ""
    /// Says what customer service found in other words; nil = nobody does.
    public var languageModel: ChatChoice?
    /// The plugin that speaks replies to clients that want to hear them; "" = replies are text.
    public var voicePlugin = ""
    public var shop = "default"
    public var inferenceThreads = 2
    public var computeThreads = 2
    public var recommendationsMax = 5
    public var limits = ServerLimits()
    public var sessionLimits = SessionLimits()
    /// nil = nothing is recorded.
    public var recording: RecordingChoice?
    /// Where the file was.
    public var file = ""
    /// The loops of this server have a virtual clock. Not from the file.
    var isVirtual = false
    /// Seed of everything random; 0 = taken from the system at start.
    public var seed: UInt64 = 0
    /// Takes how long operations outside the loops take; nil = nobody wants to know. Not from the file.
    public var operationTimes: OperationTimes?
    /// The program that tries plugins out in a process of its own: this one, where it is the command line; "" = they are not tried out.
    public var probeProgram = ""
    /// The program that serves shared objects as workers; "" = the one beside the running program. Not from the file.
    public var runnerProgram = ""
    /// What becomes of a Swift build that would go beyond `limits.retiredSwiftImagesMax`.
    public var atSwiftImagesMax = SwiftImagesPolicy.refuse

    public init() {}
}

/// What becomes of a swap to a Swift build when too many Swift images stay mapped already.
public enum SwiftImagesPolicy: String, Sendable, CaseIterable {
    /// It is refused, with advice.
    case refuse
    /// It runs in a process of its own, and so do the builds after it.
    case worker
}

public enum LogLevel: String, Sendable, CaseIterable, Comparable {
    case debug, info, warning, error

    public static func < (left: LogLevel, right: LogLevel) -> Bool {
        (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }
}

public enum LogFormat: String, Sendable, CaseIterable {
    case text, json
}

/// Everything the server bounds beside what a session does, with its unit in the name.
public struct ServerLimits: Sendable, Equatable {
    public var connectionsMax = 10_000
    public var streamsPerConnectionMax = 64
    public var sessionsMax = 10_000
    /// How long a session whose process has ended waits for its customer; 0 = it ends with the process.
    public var sessionsKeptHoursMax = 24
    /// How long what customers did, and hand-overs that are over, are kept in the shop's database; 0 = until they are erased.
    public var behaviourKeptDaysMax = 0
    public var frameBytesMax = 4 << 20
    /// Payload bytes that all sessions together may hold on their way in.
    public var ingressBytesMax = 256 << 20
    /// Unread answers of one connection.
    public var outputBytesMax = 8 << 20
    /// From accept to the first whole frame.
    public var firstFrameMsMax = 10_000
    /// A connection that says nothing for so long is asked with a Ping, and is closed when it says nothing for as long again; 0 = never.
    public var silenceMsMax = 30_000
    /// From the drain signal to the end.
    public var drainMsMax = 10_000
    /// How long streams of a plugin's old build may go on after a swap.
    public var pluginDrainMsMax = 30_000
    /// From mapping a candidate in the server to its first instance on every loop.
    public var pluginStartMsMax = 30_000
    /// A candidate in its probe process.
    public var pluginProbeMsMax = 30_000
    /// A candidate's conversations before it goes live.
    public var pluginGateMsMax = 600_000
    /// A plugin's file must not have changed for so long before it is read.
    public var pluginSettledMs = 50
    /// Swift libraries that are no longer used; they cannot be unloaded (some hundred kB each).
    public var retiredSwiftImagesMax = 64
    public var metadataEntriesMax = 32
    public var metadataBytesMax = 8 << 10

    public init() {}
}

extension ServerConfiguration {
    /// Reads and checks a configuration file. `models` is the folder that `make setup` fills, for paths that are not given.
    public static func load(_ path: String, cacheFolder: String) throws(YAMLError) -> ServerConfiguration {
        let document = try YAMLValue.load(path)
        try document.fields(
            "listen", "loops", "insecure", "admin_socket", "metrics", "log", "models", "runtime", "plugins", "graph", "catalog", "auth", "shop",
            "inference", "limits", "recommendations_max", "recording", "seed", "speech", "back_end", "language_model")
        let folder = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) : "."
        func located(_ value: YAMLValue, or fallback: String = "") throws(YAMLError) -> String {
            let text = try value.string(or: fallback)
            return text.isEmpty || text.hasPrefix("/") ? text : "\(folder.isEmpty ? "/" : folder)/\(text)"
        }
        var read = ServerConfiguration()
        read.file = path
        read.listen = try document["listen"].string(or: read.listen)
        read.loops = try document["loops"].int(in: 1...64, or: 1)
        read.isInsecure = try document["insecure"].bool(or: false)
        read.adminSocket = try located(document["admin_socket"])
        read.metrics = try document["metrics"].string(or: "")
        read.shop = try document["shop"].string(or: "default")
        read.seed = UInt64(try document["seed"].int(in: 0...Int.max, or: 0))
        read.recommendationsMax = try document["recommendations_max"].int(in: 1...50, or: 5)
        let log = document["log"]
        if log.exists { try log.fields("level", "format", "redact") }
        read.logLevel = try log["level"].choice(LogLevel.self, or: .info)
        read.redactsLog = try log["redact"].bool(or: true)
        read.logFormat = try log["format"].choice(LogFormat.self, or: .text)
        read.modelsFolder = try located(document["models"], or: "\(cacheFolder)/models")
        read.runtimeFolder = try located(document["runtime"], or: "\(cacheFolder)/openvino/libs")
        let plugins = document["plugins"]
        if plugins.exists { try plugins.fields("folder", "load", "at_swift_images_max") }
        read.atSwiftImagesMax = try plugins["at_swift_images_max"].choice(SwiftImagesPolicy.self, or: .refuse)
        read.pluginFolder = try located(plugins["folder"])
        for item in try plugins["load"].items() {
            read.plugins.append(try PluginChoice(item, file: try located(item["file"]), folder: folder))
        }
        read.graphFile = try located(document["graph"])
        if read.graphFile.isEmpty { throw document.error("'graph' is needed: the path of a fusion graph file") }
        let catalog = document["catalog"]
        if catalog.exists {
            try catalog.fields("folder", "database", "intents", "dialogue", "rules", "ranker", "ranking", "reviews", "space", "refresh_ms")
        }
        read.catalogueFolder = try located(catalog["folder"])
        read.databaseFile = try located(catalog["database"])
        read.intentsFile = try located(catalog["intents"])
        read.dialogueFile = try located(catalog["dialogue"])
        read.reviewsFile = try located(catalog["reviews"])
        read.rulesFile = try located(catalog["rules"])
        read.rankerFolder = try located(catalog["ranker"])
        read.rankingFolder = try located(catalog["ranking"])
        read.spaceFolder = try located(catalog["space"])
        read.catalogueRefreshMs = try catalog["refresh_ms"].int(in: 0...86_400_000, or: read.catalogueRefreshMs)
        let auth = document["auth"]
        if auth.exists { try auth.fields("tokens") }
        read.tokensFile = try located(auth["tokens"])
        let speech = document["speech"]
        if speech.exists { try speech.fields("voice") }
        read.voicePlugin = try speech["voice"].string(or: "")
        read.languageModel = try ChatChoice.read(document["language_model"], isInsecure: read.isInsecure, located)
        let inference = document["inference"]
        if inference.exists { try inference.fields("threads", "compute_threads") }
        read.inferenceThreads = try inference["threads"].int(in: 1...256, or: 2)
        read.computeThreads = try inference["compute_threads"].int(in: 1...256, or: 2)
        read.recording = try RecordingChoice.read(document["recording"], located)
        read.backEnd = try BackEndChoice.read(document["back_end"], isInsecure: read.isInsecure, located)
        if read.backEnd != nil, read.databaseFile.isEmpty { throw document["back_end"].error("needs 'catalog: {database: …}' for everything else") }
        try read.readLimits(document["limits"])
        return read
    }

    private mutating func readLimits(_ value: YAMLValue) throws(YAMLError) {
        guard value.exists else { return }
        try value.fields(
            "connections_max", "streams_per_connection_max", "sessions_max", "frame_bytes_max", "ingress_bytes_max", "output_bytes_max",
            "first_frame_ms_max", "silence_ms_max", "drain_ms_max", "text_bytes_max", "image_bytes_max", "sound_files_bytes_max", "turn_quiet_ms",
            "answer_ms_max", "resume_bytes_max", "resume_window_ms", "control_messages_per_second_max", "plugin_drain_ms_max",
            "plugin_start_ms_max", "plugin_probe_ms_max", "plugin_gate_ms_max", "retired_swift_images_max", "video_frames_per_second_max",
            "sessions_kept_hours_max", "behaviour_kept_days_max")
        limits.connectionsMax = try value["connections_max"].int(in: 1...1_000_000, or: limits.connectionsMax)
        limits.streamsPerConnectionMax = try value["streams_per_connection_max"].int(in: 1...10_000, or: limits.streamsPerConnectionMax)
        limits.sessionsKeptHoursMax = try value["sessions_kept_hours_max"].int(in: 0...8_760, or: limits.sessionsKeptHoursMax)
        limits.sessionsMax = try value["sessions_max"].int(in: 1...1_000_000, or: limits.sessionsMax)
        limits.frameBytesMax = try value["frame_bytes_max"].int(in: 4_096...(64 << 20), or: limits.frameBytesMax)
        limits.ingressBytesMax = try value["ingress_bytes_max"].int(in: (1 << 20)...(64 << 30), or: limits.ingressBytesMax)
        limits.outputBytesMax = try value["output_bytes_max"].int(in: (64 << 10)...(1 << 30), or: limits.outputBytesMax)
        limits.firstFrameMsMax = try value["first_frame_ms_max"].int(in: 100...600_000, or: limits.firstFrameMsMax)
        limits.silenceMsMax = try value["silence_ms_max"].int(in: 0...86_400_000, or: limits.silenceMsMax)
        limits.behaviourKeptDaysMax = try value["behaviour_kept_days_max"].int(in: 0...36_500, or: limits.behaviourKeptDaysMax)
        limits.drainMsMax = try value["drain_ms_max"].int(in: 0...3_600_000, or: limits.drainMsMax)
        limits.pluginDrainMsMax = try value["plugin_drain_ms_max"].int(in: 0...3_600_000, or: limits.pluginDrainMsMax)
        limits.pluginStartMsMax = try value["plugin_start_ms_max"].int(in: 100...3_600_000, or: limits.pluginStartMsMax)
        limits.pluginProbeMsMax = try value["plugin_probe_ms_max"].int(in: 100...3_600_000, or: limits.pluginProbeMsMax)
        limits.pluginGateMsMax = try value["plugin_gate_ms_max"].int(in: 100...86_400_000, or: limits.pluginGateMsMax)
        limits.retiredSwiftImagesMax = try value["retired_swift_images_max"].int(in: 0...1_000_000, or: limits.retiredSwiftImagesMax)
        sessionLimits.frameBytesMax = limits.frameBytesMax
        // No further than the plugins that read them go: a limit that promises more only moves the refusal.
        sessionLimits.textBytesMax = try value["text_bytes_max"].int(in: 1...(16 << 10), or: sessionLimits.textBytesMax)
        sessionLimits.imageBytesMax = try value["image_bytes_max"].int(in: 1_024...(32 << 20), or: sessionLimits.imageBytesMax)
        sessionLimits.soundFilesBytesMax = try value["sound_files_bytes_max"].int(in: 1_024...(1 << 30), or: sessionLimits.soundFilesBytesMax)
        sessionLimits.turnQuietMs = try value["turn_quiet_ms"].int(in: 10...60_000, or: sessionLimits.turnQuietMs)
        sessionLimits.answerMsMax = try value["answer_ms_max"].int(in: 100...600_000, or: sessionLimits.answerMsMax)
        sessionLimits.resumeBytesMax = try value["resume_bytes_max"].int(in: 0...(64 << 20), or: sessionLimits.resumeBytesMax)
        sessionLimits.resumeWindowMs = try value["resume_window_ms"].int(in: 0...3_600_000, or: sessionLimits.resumeWindowMs)
        sessionLimits.controlMessagesPerSecondMax = try value["control_messages_per_second_max"].int(
            in: 1...100_000, or: sessionLimits.controlMessagesPerSecondMax)
        sessionLimits.videoFramesPerSecondMax = try value["video_frames_per_second_max"].int(in: 1...240, or: sessionLimits.videoFramesPerSecondMax)
    }
}
