import ArgumentParser
import Foundation
import PluginHost

extension PluginCommand {
    enum Language: String, ExpressibleByArgument, CaseIterable { case swift, c, python }

    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin a plugin: a folder that builds and passes its own test at once.",
            discussion: "The folder can be anywhere; nothing in it depends on being inside the source tree.")

        @Argument(help: "The plugin's name: lower-case letters, digits and '-'.")
        var name: String

        @Option(help: "swift, c or python.")
        var language: Language

        @Option(help: ArgumentHelp("Where to put it; a folder NAME here if not given.", valueName: "folder"))
        var folder: String?

        @Option(
            help: ArgumentHelp(
                "Vitrine's source tree, for PluginKit and the headers, or the address of its repository; found beside this program if not given.",
                valueName: "folder"))
        var vitrine: String?

        func run() throws {
            guard TemplateNames.isName(name) else {
                throw Environment.fail("'\(name)' is no name: lower-case letters, digits and single '-', beginning with a letter", code: 64)
            }
            guard !TemplateNames.shipped.contains(name) else {
                throw Environment.fail("'\(name)' is a plugin of Vitrine's own, and names are unique in a server: take another", code: 64)
            }
            let target = folder ?? name
            guard !FileManager.default.fileExists(atPath: target) else { throw Environment.fail("\(target) is there already", code: 73) }
            let source = try source()
            let headers: [(name: String, text: String)]
            switch (language, source) {
            case (.c, .repository): throw Environment.fail("a plugin in C gets its headers from a source tree: name one with --vitrine", code: 64)
            case (.c, .tree(let tree)):
                headers = try CTemplate.headers.map {
                    ($0, try String(contentsOfFile: "\(tree)/Sources/CVitrinePlugin/include/\($0)", encoding: .utf8))
                }
            default: headers = []
            }
            let names = TemplateNames(name: name, source: source, compiler: PluginLibrary.hostCompiler)
            for file in files(names) + [(".gitignore", ".build/\n.venv/\n__pycache__/\nserve/admin.sock\n")] {
                try write(file.text, to: "\(target)/\(file.path)")
            }
            for header in headers { try write(header.text, to: "\(target)/include/\(header.name)") }
            if language == .python {
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(target)/\(names.snake).py")
            }
            printLine(
                """
                \(target) is there. Next:
                  cd \(target) && \(language == .swift ? "swift build && swift test --disable-xctest" : "make && make test")
                  vitrine plugin check \(plugin(names))
                  vitrine serve --config serve/server.yaml          # in one terminal
                  vitrine plugin dev . --server serve/admin.sock    # in another: edit, and it is live
                  vitrine chat --server 127.0.0.1:7411              # in a third
                """)
        }

        private func files(_ names: TemplateNames) -> [(path: String, text: String)] {
            switch language {
            case .swift: SwiftTemplate.files(names) + ServeTemplate.files(names, entry: "file: ../\(plugin(names))", isSwift: true)
            case .c: CTemplate.files(names) + ServeTemplate.files(names, entry: "file: ../\(plugin(names))")
            case .python:
                PythonTemplate.files(names) + ServeTemplate.files(names, entry: "command: [../.venv/bin/python3, ../\(plugin(names))]")
            }
        }

        /// What is checked and served, below the plugin's folder.
        private func plugin(_ names: TemplateNames) -> String {
            switch language {
            case .swift: ".build/debug/lib\(names.camel).so"
            case .c: ".build/\(names.name).so"
            case .python: "\(names.snake).py"
            }
        }

        private func source() throws -> TemplateSource {
            if let vitrine, vitrine.contains("://") || vitrine.hasPrefix("git@") { return .repository(vitrine) }
            return .tree(try sourceTree())
        }

        private func sourceTree() throws -> String {
            let marker = "Sources/CVitrinePlugin/include/vitrine_plugin.h"
            if let vitrine {
                let path = URL(fileURLWithPath: vitrine).standardizedFileURL.path
                guard FileManager.default.fileExists(atPath: "\(path)/\(marker)") else {
                    throw Environment.fail("\(path) has no \(marker)", code: 66)
                }
                return path
            }
            var folder = URL(fileURLWithPath: Environment.program).deletingLastPathComponent()
            while folder.path != "/" {
                if FileManager.default.fileExists(atPath: folder.appendingPathComponent(marker).path) { return folder.path }
                folder.deleteLastPathComponent()
            }
            throw Environment.fail("vitrine's source tree is not above \(Environment.program): name it with --vitrine", code: 66)
        }

        private func write(_ text: String, to path: String) throws {
            let file = URL(fileURLWithPath: path)
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
    }
}
