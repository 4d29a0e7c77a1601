import CheckedYAML
import Sessions
import Testing

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
                - {name: text-encoder, options: {b: 1, a: x}}
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
        #expect(
            read.plugins == [
                PluginChoice(name: "text-encoder", options: [PluginOption(key: "b", value: "1"), PluginOption(key: "a", value: "x")]),
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
