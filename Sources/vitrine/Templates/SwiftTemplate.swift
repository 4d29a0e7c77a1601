/// A new plugin in Swift: a package with a plugin that passes its own test.
enum SwiftTemplate {
    static func files(_ names: TemplateNames) -> [(path: String, text: String)] {
        [
            ("Package.swift", package(names)), ("exports.map", "{ global: vitrine_plugin; local: *; };\n"),
            ("Sources/\(names.camel)/\(names.camel).swift", plugin(names)), ("Tests/\(names.camel)Tests/\(names.camel)Tests.swift", tests(names)),
        ]
    }

    /// One line each, as the plugin's own file has them.
    private static func imports(_ modules: String...) -> String { modules.map { "import \($0)" }.joined(separator: "\n") }

    private static func package(_ names: TemplateNames) -> String {
        """
        // swift-tools-version: 6.1
        import PackageDescription

        // The plugin exports one symbol and stays mapped (Swift images cannot be unloaded). Build it with the compiler that built the server:
        // \(names.compiler).
        let package = Package(
            name: "\(names.name)",
            products: [.library(name: "\(names.camel)", type: .dynamic, targets: ["\(names.module)"])],
            dependencies: [\(names.source.swiftPackage)],
            targets: [
                .target(
                    name: "\(names.module)", dependencies: [.product(name: "PluginKit", package: "\(names.source.swiftPackageName)")],
                    path: "Sources/\(names.camel)",
                    linkerSettings: [
                        .unsafeFlags([
                            "-Xlinker", "--version-script=\\(Context.packageDirectory)/exports.map", "-Xlinker", "-z", "-Xlinker", "nodelete",
                        ])
                    ]),
                .testTarget(
                    name: "\(names.module)Tests",
                    dependencies: ["\(names.module)", .product(name: "PluginTesting", package: "\(names.source.swiftPackageName)")],
                    path: "Tests/\(names.camel)Tests"),
            ]
        )

        """
    }

    private static func plugin(_ names: TemplateNames) -> String {
        """
        \(imports("CVitrinePlugin", "PluginKit", "Wire"))

        \(compilerCheck(names))

        /// Answers each text with the same words in capitals, as a transcript that the customer sees.
        ///
        /// One object for each event loop of the server; keep tables and model handles here.
        public final class \(names.camel): VitrinePlugin {
            public static var manifest: PluginManifest {
                PluginManifest(
                    name: "\(names.name)", version: "0.1.0", description: "Says it louder", consumes: ["text"],
                    produces: [OutputPort(kind: "transcript")],
                    options: [Option(key: "mark", defaultValue: "!", description: "what is put behind the words")])
            }

            let host: HostServices
            let mark: String

            public init(host: HostServices) throws(PluginError) {
                self.host = host
                mark = host.configuration("mark") ?? "!"
            }

            public func open(_ stream: PluginStream) throws(PluginError) -> any StreamHandler { \(names.camel)Stream(stream, self) }

            /// Runs in a probe process before a build goes live.
            public func selfTest() throws(PluginError) {
                guard \(names.camel)Stream.louder("a", mark) == "A\\(mark)" else { throw PluginError(.internalError, "it cannot shout") }
            }
        }

        /// One turn of one conversation.
        final class \(names.camel)Stream: StreamHandler {
            private let stream: PluginStream
            private let plugin: \(names.camel)

            init(_ stream: PluginStream, _ plugin: \(names.camel)) {
                self.stream = stream
                self.plugin = plugin
            }

            /// Called on the loop: return soon. What takes longer than 50 µs goes through `stream.compute` or `stream.infer`.
            func receive(_ message: InputMessage) throws(PluginError) {
                guard case .text(let input) = try message.content else { throw PluginError(.invalidArgument, "\(names.name) takes text") }
                let words = Transcript(text: Self.louder(input.text, plugin.mark), language: input.language, final: true)
                try stream.emit(PluginOutput(turnID: message.turnID, revision: message.revision, kind: .transcript(words)))
            }

            func halfClosed() { stream.close() }

            static func louder(_ text: String, _ mark: String) -> String { text.uppercased() + mark }
        }

        @_cdecl("vitrine_plugin")
        public func entryPoint(_ abi: UInt32) -> UnsafePointer<vt_plugin>? { PluginEntry.table(for: \(names.camel).self, abi: abi) }

        """
    }

    /// Swift's ABI is not stable on Linux: another compiler's plugin would be refused by the server; here the author learns of it.
    private static func compilerCheck(_ names: TemplateNames) -> String {
        let version = names.compiler.split(separator: "-").last.map(String.init) ?? ""
        let parts = version.split(separator: ".").compactMap { Int($0) }
        guard parts.count == 2 else { return "// The server was built by \(names.compiler): build this with the same." }
        return """
            #if !compiler(>=\(version)) || compiler(>=\(parts[0]).\(parts[1] + 1))
                #error("the server was built by Swift \(version): build its plugins with the same")
            #endif
            """
    }

    private static func tests(_ names: TemplateNames) -> String {
        """
        \(imports("PluginTesting", "Testing", "Wire"))

        @testable import \(names.module)

        @Test func itSaysItLouder() throws {
            let harness = try PluginHarness(\(names.camel).self, options: ["mark": "?"])
            let stream = try harness.open()
            stream.send(text: "a gold ring")
            harness.settle()
            stream.halfClose()
            #expect(stream.outputs.map(\\.kind) == [.transcript(Transcript(text: "A GOLD RING?", language: "", final: true))])
            #expect(stream.status == .ok)
            #expect(harness.finish() == [], "nothing of the contract is broken and everything is given back")
        }

        """
    }
}
