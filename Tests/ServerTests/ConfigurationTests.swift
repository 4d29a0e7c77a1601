import CheckedYAML
import Foundation
import Sessions
import Testing
import Wire

@testable import Server

@Suite("The configuration file")
struct ConfigurationTests {
    private func load(_ text: String) throws -> ServerConfiguration {
        let folder = try TemporaryFolder()
        let path = try folder.write("shop.yaml", text)
        do throws(YAMLError) {
            return try ServerConfiguration.load(path, cacheFolder: "/cache")
        } catch {
            throw YAMLError(file: error.file == path ? "shop.yaml" : error.file, line: error.line, message: error.message)
        }
    }

    @Test("Everything in it is read; paths are relative to its folder, models to the cache")
    func whole() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            "shop.yaml",
            """
            listen: 127.0.0.1:9000
            loops: 2
            insecure: true
            admin_socket: run/admin.sock
            metrics: 127.0.0.1:9100
            log: {level: debug, format: json}
            plugins:
              folder: /plugins
              load:
                - {name: text-encoder, options: {b: 1, a: x, c: ./words.json, d: ../words.json, e: words.json}}
                - {name: own, file: own.so}
            graph: graph.yaml
            catalog: {folder: catalog, database: shop.db, intents: intents.yaml}
            auth: {tokens: tokens.yaml}
            shop: gold
            inference: {threads: 3, compute_threads: 4}
            recommendations_max: 7
            speech: {voice: speech-synthesizer}
            seed: 11
            limits: {sessions_max: 12, frame_bytes_max: 8192, turn_quiet_ms: 50, answer_ms_max: 700, resume_window_ms: 0}
            """)
        let read = try ServerConfiguration.load(path, cacheFolder: "/cache")
        #expect(read.listen == "127.0.0.1:9000" && read.loops == 2 && read.isInsecure)
        #expect(read.adminSocket == "\(folder.path)/run/admin.sock")
        #expect(read.metrics == "127.0.0.1:9100" && read.logLevel == .debug && read.logFormat == .json)
        #expect(read.modelsFolder == "/cache/models" && read.runtimeFolder == "/cache/openvino/libs")
        #expect(read.pluginFolder == "/plugins")
        let files = [("c", "\(folder.path)/words.json"), ("d", "\(folder.path)/../words.json"), ("e", "words.json")].map(PluginOption.init)
        #expect(
            read.plugins == [
                PluginChoice(name: "text-encoder", options: [PluginOption(key: "b", value: "1"), PluginOption(key: "a", value: "x")] + files),
                PluginChoice(name: "own", file: "\(folder.path)/own.so"),
            ])
        #expect(read.graphFile == "\(folder.path)/graph.yaml" && read.databaseFile == "\(folder.path)/shop.db")
        #expect(read.catalogueFolder == "\(folder.path)/catalog" && read.intentsFile == "\(folder.path)/intents.yaml")
        #expect(read.tokensFile == "\(folder.path)/tokens.yaml" && read.shop == "gold")
        #expect(read.inferenceThreads == 3 && read.computeThreads == 4 && read.recommendationsMax == 7 && read.seed == 11)
        #expect(read.voicePlugin == "speech-synthesizer")
        #expect(read.limits.sessionsMax == 12 && read.limits.frameBytesMax == 8_192 && read.sessionLimits.frameBytesMax == 8_192)
        #expect(read.sessionLimits.turnQuietMs == 50 && read.sessionLimits.answerMsMax == 700 && read.sessionLimits.resumeWindowMs == 0)
        #expect(read.limits.connectionsMax == ServerLimits().connectionsMax)
    }

    /// The keys that the table of limits in docs/sessions.md names.
    private func documentedLimits() throws -> Set<String> {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: folder.appendingPathComponent("docs/sessions.md"), encoding: .utf8)
        let rows = text.split(separator: "\n").drop { !$0.hasPrefix("| limit |") }.dropFirst(2).prefix { $0.hasPrefix("|") }
        return Set(rows.flatMap { row in row.split(separator: "|").last?.split(separator: "`").filter { $0.contains("_") }.map(String.init) ?? [] })
    }

    @Test("Every limit that is documented can be set, and every one that can be set is documented")
    func limits() throws {
        let values: [(String, Int, (ServerConfiguration) -> Int)] = [
            ("connections_max", 11, { $0.limits.connectionsMax }), ("streams_per_connection_max", 12, { $0.limits.streamsPerConnectionMax }),
            ("sessions_max", 13, { $0.limits.sessionsMax }), ("frame_bytes_max", 5_000, { $0.limits.frameBytesMax }),
            ("ingress_bytes_max", 2 << 20, { $0.limits.ingressBytesMax }), ("output_bytes_max", 100_000, { $0.limits.outputBytesMax }),
            ("first_frame_ms_max", 101, { $0.limits.firstFrameMsMax }), ("silence_ms_max", 102, { $0.limits.silenceMsMax }),
            ("drain_ms_max", 103, { $0.limits.drainMsMax }), ("text_bytes_max", 104, { $0.sessionLimits.textBytesMax }),
            ("image_bytes_max", 32 << 20, { $0.sessionLimits.imageBytesMax }),
            ("sound_files_bytes_max", 1_025, { $0.sessionLimits.soundFilesBytesMax }), ("turn_quiet_ms", 105, { $0.sessionLimits.turnQuietMs }),
            ("answer_ms_max", 106, { $0.sessionLimits.answerMsMax }), ("resume_bytes_max", 107, { $0.sessionLimits.resumeBytesMax }),
            ("resume_window_ms", 108, { $0.sessionLimits.resumeWindowMs }),
            ("control_messages_per_second_max", 109, { $0.sessionLimits.controlMessagesPerSecondMax }),
            ("plugin_drain_ms_max", 110, { $0.limits.pluginDrainMsMax }), ("plugin_start_ms_max", 111, { $0.limits.pluginStartMsMax }),
            ("plugin_probe_ms_max", 112, { $0.limits.pluginProbeMsMax }), ("plugin_gate_ms_max", 113, { $0.limits.pluginGateMsMax }),
            ("retired_swift_images_max", 114, { $0.limits.retiredSwiftImagesMax }),
            ("video_frames_per_second_max", 115, { $0.sessionLimits.videoFramesPerSecondMax }),
            ("sessions_kept_hours_max", 116, { $0.limits.sessionsKeptHoursMax }),
            ("behaviour_kept_days_max", 117, { $0.limits.behaviourKeptDaysMax }),
        ]
        let read = try load("graph: g\nlimits:\n" + values.map { "  \($0.0): \($0.1)\n" }.joined())
        for (key, value, get) in values { #expect(get(read) == value, "\(key)") }
        #expect(try documentedLimits() == Set(values.map(\.0)))
    }

    @Test("A plugin that is run over files is told so, where it has the options and nobody chose otherwise")
    func files() {
        let options = ["mode", "audio_backlog_ms_max", "beam"].map { Option(key: $0) }
        var choice = PluginChoice(name: "speech-recognizer", options: [PluginOption(key: "mode", value: "live")])
        choice.suitFiles(PluginManifest(name: "speech-recognizer", options: options))
        #expect(choice.options == [PluginOption(key: "mode", value: "live"), PluginOption(key: "audio_backlog_ms_max", value: "3600000")])
        var plain = PluginChoice(name: "text-encoder")
        plain.suitFiles(PluginManifest(name: "text-encoder"))
        #expect(plain.options.isEmpty)
    }

    @Test("No limit promises more than the plugins that read texts and pictures take")
    func honest() throws {
        for line in ["text_bytes_max: 16385", "image_bytes_max: 33554433"] {
            #expect(throws: YAMLError.self, "\(line)") { try load("graph: g\nlimits: {\(line)}") }
        }
    }

    @Test(
        "What is wrong is told with file, line and what is allowed",
        arguments: [
            (
                "graph: g.yaml\nlisen: x",
                "shop.yaml:2: unknown key 'lisen'; allowed: listen, loops, insecure, admin_socket, metrics, log, models, runtime, plugins, graph, catalog, auth, "
                    + "shop, inference, limits, recommendations_max, recording, seed, speech, back_end, language_model"
            ), ("listen: x", "shop.yaml:1: 'graph' is needed: the path of a fusion graph file"),
            ("graph: g\nloops: 65", "shop.yaml:2: loops: a whole number from 1 to 64 is needed here, not '65'"),
            ("graph: g\nloops: two", "shop.yaml:2: loops: a whole number from 1 to 64 is needed here, not 'two'"),
            ("graph: g\nlog:\n  level: loud", "shop.yaml:3: log.level: one of debug, info, warning, error is needed here, not 'loud'"),
            ("graph: g\nlog: debug", "shop.yaml:2: log: a mapping is needed here, with the keys level, format, redact"),
            (
                "graph: g\nplugins:\n  load:\n    - {plugin: x}",
                "shop.yaml:4: plugins.load[0]: unknown key 'plugin'; allowed: name, file, options, run, command, limits"
            ),
            (
                "graph: g\nplugins: {load: [{name: x, limits: {streams_max: 1}}]}",
                "shop.yaml:2: plugins.load[0].limits: 'limits' are for 'run: worker'"
            ),
            (
                "graph: g\nplugins: {load: [{name: x, run: worker, limits: {memory_bytes_max: 1}}]}",
                "shop.yaml:2: plugins.load[0].limits.memory_bytes_max: a whole number from 16777216 to 1099511627776 is needed here, not '1'"
            ),
            ("graph: g\nplugins: {load: [{file: x.so}]}", "shop.yaml:2: plugins.load[0].name: a text is needed here"),
            (
                "graph: g\nlimits: {frame_bytes_max: 12}",
                "shop.yaml:2: limits.frame_bytes_max: a whole number from 4096 to 67108864 is needed here, not '12'"
            ),
            (
                "graph: g\ncatalog: {database: shop.sqlite}\nback_end: {kind: soap}",
                "shop.yaml:3: back_end.kind: one of sqlite, http is needed here, not 'soap'"
            ),
            (
                "graph: g\nback_end: {kind: http, url: \"https://shop.example\"}",
                "shop.yaml:2: back_end: needs 'catalog: {database: …}' for everything else"
            ), ("graph: g\ninsecure: maybe", "shop.yaml:2: insecure: true or false is needed here, not 'maybe'"),
            ("graph: [g]", "shop.yaml:1: graph: a text is needed here"), ("", "shop.yaml: the file is empty"),
        ])
    func refused(text: String, message: String) throws {
        do {
            _ = try load(text)
            Issue.record("it was read")
        } catch let error as YAMLError {
            #expect("\(error)" == message)
        }
    }

    @Test("YAML that cannot be parsed names the line")
    func syntax() throws {
        do {
            _ = try load("graph: g\nlog: {level: info\nloops: 1\n")
            Issue.record("it was read")
        } catch let error as YAMLError {
            #expect(error.line >= 2)
        }
    }

    @Test("A file that is not there is named")
    func missing() {
        #expect { try ServerConfiguration.load("/nowhere/shop.yaml", cacheFolder: "") } throws: {
            "\($0)" == "/nowhere/shop.yaml: no such file, or it cannot be read"
        }
    }
}
