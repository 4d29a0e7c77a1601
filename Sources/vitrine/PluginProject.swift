import ArgumentParser
import Foundation
import PluginHost

/// How a plugin's folder is built, and what comes of it.
struct PluginProject: Sendable {
    let root: String
    private let named: String?
    /// Shell command, run in the folder.
    let build: String

    init(root: String, library: String?, build: String?) throws {
        func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(root)/\(name)") }
        guard has(".") else { throw Environment.fail("\(root): no such folder", code: 66) }
        self.root = root
        named = library.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
        if let build {
            self.build = build
        } else if has("Package.swift") {
            self.build = "swift build"
        } else if has("Makefile") {
            self.build = "make -s"
        } else if library?.hasSuffix(".py") == true || Self.program(in: root) != nil {
            self.build = "true"
        } else {
            throw Environment.fail(
                "\(root) has no Package.swift, no Makefile and no single program in Python: say how to build it with --build", code: 66)
        }
    }

    /// The one program in Python of a folder, beside its tests.
    private static func program(in root: String) -> String? {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).filter {
            $0.hasSuffix(".py") && !$0.hasPrefix("test_") && !$0.hasPrefix(".")
        }
        return names.count == 1 ? "\(root)/\(names[0])" : nil
    }

    /// The newest shared object of the build, or the program.
    var library: String? {
        if let named { return named }
        var found: [(path: String, changed: TimeInterval)] = []
        for folder in ["\(root)/.build/debug", "\(root)/.build"] {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name.hasSuffix(".so") {
                let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
                found.append(("\(folder)/\(name)", (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0))
            }
        }
        // What a plugin brings along may be newer than itself.
        return found.sorted { ($1.changed, $0.path) < ($0.changed, $1.path) }.first { PluginCandidate.isPlugin($0.path) }?.path
            ?? Self.program(in: root)
    }

    /// The folders to watch: all but hidden ones.
    var folders: [String] {
        var folders = [root]
        var index = 0
        while index < folders.count, folders.count < Self.foldersMax {
            for name in ((try? FileManager.default.contentsOfDirectory(atPath: folders[index])) ?? []).sorted()
            where !name.hasPrefix(".") && name != "__pycache__" {
                var isFolder: ObjCBool = false
                let path = "\(folders[index])/\(name)"
                if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue { folders.append(path) }
            }
            index += 1
        }
        return folders
    }

    static let foldersMax = 512
}
