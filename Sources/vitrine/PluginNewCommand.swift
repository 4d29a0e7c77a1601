import ArgumentParser
import Foundation
import PluginHost

extension PluginCommand {
    enum Language: String, ExpressibleByArgument, CaseIterable { case swift, c }

    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin a plugin: a folder that builds and passes its own test at once.",
            discussion: "The folder can be anywhere; nothing in it depends on being inside the source tree.")

        @Argument(help: "The plugin's name: lower-case letters, digits and '-'.")
        var name: String

        @Option(help: "swift or c.")
        var language: Language

        @Option(help: ArgumentHelp("Where to put it; a folder NAME here if not given.", valueName: "folder"))
        var folder: String?

        @Option(
            help: ArgumentHelp(
                "The source tree of vitrine, for PluginKit and the headers; found beside this program if not given.", valueName: "folder"))
        var vitrine: String?

        func run() throws {
            guard TemplateNames.isName(name) else {
                throw Environment.fail("'\(name)' is no name: lower-case letters, digits and single '-', beginning with a letter", code: 64)
            }
            let target = folder ?? name
            guard !FileManager.default.fileExists(atPath: target) else { throw Environment.fail("\(target) is there already", code: 73) }
            let tree = try sourceTree()
            let names = TemplateNames(name: name, tree: tree, compiler: PluginLibrary.hostCompiler)
            let library = language == .swift ? ".build/debug/lib\(names.camel).so" : ".build/\(names.name).so"
            var files = language == .swift ? SwiftTemplate.files(names) : CTemplate.files(names)
            files += ServeTemplate.files(names, library: library) + [(".gitignore", ".build/\nserve/admin.sock\n")]
            for file in files { try write(file.text, to: "\(target)/\(file.path)") }
            if language == .c {
                for header in CTemplate.headers {
                    let text = try String(contentsOfFile: "\(tree)/Sources/CVitrinePlugin/include/\(header)", encoding: .utf8)
                    try write(text, to: "\(target)/include/\(header)")
                }
            }
            let build = language == .swift ? "swift build && swift test --disable-xctest" : "make && make test"
            printLine(
                """
                \(target) is there. Next:
                  cd \(target) && \(build)
                  vitrine plugin check \(library)
                  vitrine serve --config serve/server.yaml          # in one terminal
                  vitrine plugin dev . --server serve/admin.sock    # in another: edit, and it is live
                  vitrine chat --server 127.0.0.1:7411              # in a third
                """)
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
