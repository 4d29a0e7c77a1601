import CheckedYAML
import EventLoop
import PluginHost
public import PluginWorkers
public import Wire

/// A plugin to load at start, with its options and where it runs.
public struct PluginChoice: Sendable, Equatable {
    public var name: String
    /// A file instead of the plugin folder's; "" = look in the folder.
    public var file: String
    public var options: [PluginOption]
    public var run: PluginPlace
    /// Program and arguments of a worker that is no shared object; [] = it is one.
    public var command: [String]
    /// What a worker may take.
    public var limits: WorkerLimits

    public init(
        name: String, file: String = "", options: [PluginOption] = [], run: PluginPlace = .inProcess, command: [String] = [],
        limits: WorkerLimits = WorkerLimits()
    ) {
        self.name = name
        self.file = file
        self.options = options
        self.run = run
        self.command = command
        self.limits = limits
    }
}

/// Where a plugin runs.
public enum PluginPlace: String, Sendable, CaseIterable {
    /// Inside the server: the fastest, and a crash is the server's.
    case inProcess = "in_process"
    /// In a process of its own, that is limited and restarted.
    case worker
}

extension PluginPlace {
    init(of build: any PluginBuild) { self = build is WorkerPlugin ? .worker : .inProcess }
}

extension ServerConfiguration {
    /// The program that serves shared objects as workers.
    var runner: String { runnerProgram.isEmpty ? WorkerRunner.beside : runnerProgram }
}

/// One option of a plugin as the file gives it.
public struct PluginOption: Sendable, Equatable {
    public var key: String
    public var value: String

    public init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}

extension PluginChoice {
    /// Options for whole files that are there at once, where the plugin has them and nobody chose otherwise: a sound file is heard in one piece, and
    /// all of it may wait.
    public mutating func suitFiles(_ manifest: PluginManifest) {
        for (key, value) in [("mode", "file"), ("audio_backlog_ms_max", "3600000")]
        where manifest.options.contains(where: { $0.key == key }) && !options.contains(where: { $0.key == key }) {
            options.append(PluginOption(key: key, value: value))
        }
    }
}

extension PluginChoice {
    /// - Parameters:
    ///   - file: the item's file, located.
    ///   - folder: what a relative program of a command, and an option that begins with ./ or ../, is relative to.
    init(_ item: YAMLValue, file: String, folder: String) throws(YAMLError) {
        try item.fields("name", "file", "options", "run", "command", "limits")
        var options: [PluginOption] = []
        for (key, value) in try item["options"].entries() {
            let text = try value.string()
            // "./words.json" is a file beside the configuration; what else is a path, is the plugin's to know.
            let isBeside = text.hasPrefix("./") || text.hasPrefix("../")
            let path = text.hasPrefix("./") ? String(text.dropFirst(2)) : text
            options.append(PluginOption(key: key, value: isBeside ? "\(folder.isEmpty ? "/" : folder)/\(path)" : text))
        }
        var command: [String] = []
        for part in try item["command"].items() {
            let text = try part.string()
            // A path is relative to the file that names it; a bare name is looked for in PATH, or is no path.
            command.append(text.hasPrefix("/") || !text.contains("/") ? text : "\(folder.isEmpty ? "/" : folder)/\(text)")
        }
        let run = try item["run"].choice(PluginPlace.self, or: command.isEmpty ? .inProcess : .worker)
        if run == .inProcess, !command.isEmpty { throw item["command"].error("'command' is for 'run: worker'") }
        if !command.isEmpty, !file.isEmpty { throw item["command"].error("a plugin has a 'file' or a 'command', not both") }
        if run == .inProcess, item["limits"].exists { throw item["limits"].error("'limits' are for 'run: worker'") }
        self.init(
            name: try item["name"].string(), file: file, options: options, run: run, command: command, limits: try WorkerLimits(item["limits"]))
    }
}

extension ServerConfiguration {
    /// The plugins' options, by the plugins' names.
    var pluginOptions: [String: [String: String]] {
        var options: [String: [String: String]] = [:]
        for plugin in plugins {
            for option in plugin.options { options[plugin.name, default: [:]][option.key] = option.value }
        }
        return options
    }
}

extension WorkerLimits {
    init(_ value: YAMLValue) throws(YAMLError) {
        self.init()
        guard value.exists else { return }
        try value.fields(
            "memory_bytes_max", "descriptors_max", "start_ms_max", "restart_ms_min", "restart_ms_max", "steady_ms", "drain_ms_max",
            "silence_ms_max", "retry_ms_max", "streams_max", "stream_input_bytes_max", "stream_output_bytes_max",
            "stream_output_bytes_per_second_max", "stream_tensor_bytes_max", "log_lines_per_second_max", "inline_tensor_bytes_max")
        memoryBytesMax = try value["memory_bytes_max"].int(in: (16 << 20)...(1 << 40), or: memoryBytesMax)
        descriptorsMax = try value["descriptors_max"].int(in: 16...1_000_000, or: descriptorsMax)
        life.startMsMax = try value["start_ms_max"].int(in: 10...600_000, or: life.startMsMax)
        life.restartMsMin = try value["restart_ms_min"].int(in: 1...600_000, or: life.restartMsMin)
        life.restartMsMax = try value["restart_ms_max"].int(in: life.restartMsMin...3_600_000, or: max(life.restartMsMax, life.restartMsMin))
        life.steadyMs = try value["steady_ms"].int(in: 0...3_600_000, or: life.steadyMs)
        life.drainMsMax = try value["drain_ms_max"].int(in: 0...3_600_000, or: life.drainMsMax)
        silenceMsMax = try value["silence_ms_max"].int(in: 100...3_600_000, or: silenceMsMax)
        retryMsMax = try value["retry_ms_max"].int(in: 0...600_000, or: retryMsMax)
        streamsMax = try value["streams_max"].int(in: 1...1_000_000, or: streamsMax)
        streamInputBytesMax = try value["stream_input_bytes_max"].int(in: (1 << 10)...(1 << 30), or: streamInputBytesMax)
        streamOutputBytesMax = try value["stream_output_bytes_max"].int(in: (64 << 10)...(1 << 30), or: streamOutputBytesMax)
        streamOutputBytesPerSecondMax = try value["stream_output_bytes_per_second_max"].int(
            in: (1 << 10)...(1 << 40), or: streamOutputBytesPerSecondMax)
        streamTensorBytesMax = try value["stream_tensor_bytes_max"].int(in: (1 << 10)...(1 << 40), or: streamTensorBytesMax)
        logLinesPerSecondMax = try value["log_lines_per_second_max"].int(in: 1...1_000_000, or: logLinesPerSecondMax)
        inlineTensorBytesMax = try value["inline_tensor_bytes_max"].int(in: 0...(32 << 20), or: inlineTensorBytesMax)
    }
}
