import Foundation
import Testing

/// One line of one of this project's sources.
private struct SourceLine: Sendable {
    var module: String
    var file: String
    var number: Int
    var text: String

    var isComment: Bool { text.drop { $0 == " " }.hasPrefix("//") }
    var place: String { "\(file):\(number)" }

    /// Compared by bytes: what looks at every line of the tree for dozens of words has no time for characters.
    func says(_ word: String) -> Bool {
        text.withCString { line in word.withCString { strstr(line, $0) != nil } }
    }
}

@Suite("The sources")
struct TidyTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    private func lines() throws -> [SourceLine] { try TidyTests.read.get() }

    /// Read once for all tests.
    private static let read = Result { try readAll() }

    private static func readAll() throws -> [SourceLine] {
        var lines: [SourceLine] = []
        for folder in ["Sources", "Plugins"] {
            let files = try FileManager.default.subpathsOfDirectory(atPath: "\(TidyTests.root)/\(folder)").filter { $0.hasSuffix(".swift") }.sorted()
            for file in files {
                let text = try String(contentsOfFile: "\(TidyTests.root)/\(folder)/\(file)", encoding: .utf8)
                let module = String(file.prefix { $0 != "/" })
                for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                    lines.append(SourceLine(module: module, file: "\(folder)/\(file)", number: index + 1, text: String(line)))
                }
            }
        }
        try #require(lines.count > 10_000, "the sources were found")
        return lines
    }

    @Test(
        "never use what is not allowed here",
        arguments: [
            "import Dispatch", "DispatchQueue", "Mutex<", "Mutex(", "Task.detached", "try!", "as!", "fatalError(", "unsafeBitCast", "TODO", "FIXME",
        ])
    func forbidden(text: String) throws {
        let found = try lines().filter { line in
            line.says(text) && (!line.isComment || text == "TODO" || text == "FIXME")
        }
        #expect(found.map(\.place) == [])
    }

    @Test("read the wall clock only where people read the result")
    func wallClock() throws {
        let found = try lines().filter { line in
            (line.says("Date()") || line.says("CLOCK_REALTIME")) && !line.isComment && !PermittedImports.wallClock.contains(line.module)
        }
        #expect(found.map(\.place) == [])
    }

    /// A recording holds all that an answer depends on as long as this is so. Whoever lets a server speak with somebody outside, as BackEnd does,
    /// writes what was said into the recording (`StoreReads.tellOutside`), and plays it back under virtual time.
    @Test("connect to nobody outside but from clients, commands, and the module that tells what it said")
    func outside() throws {
        let calls = [
            "ByteStream.connect(", "ClientConnection.connect(", "SocketTarget(", "FoundationNetworking", "URLSession", "CCurl", "NWConnection",
        ]
        let found = try lines().filter { line in
            calls.contains(where: line.says) && !line.isComment && !["BackEnd", "Client", "Replay", "vitrine"].contains(line.module)
        }
        #expect(found.map(\.place) == [])
    }

    /// What would make two runs differ: other clocks, waits and threads than the loops', chance without a seed, tasks that no loop runs.
    @Test(
        "take time, chance and threads from the event loop alone",
        arguments: [
            "ContinuousClock", "SuspendingClock", "Date.now", "gettimeofday", "clock_gettime", "time(nil)", "Task.sleep", "Thread.sleep", "usleep(",
            "nanosleep(", "Timer.scheduledTimer", "SystemRandomNumberGenerator", ".random(in:", ".randomElement()", ".shuffled()", ".shuffle()",
            "arc4random", "getrandom(", "drand48", "UUID()", "Task {", "Task(priority", "AsyncStream", "MainActor.run",
        ])
    func determinism(text: String) throws {
        let found = try lines().filter { line in
            guard line.says(text), !line.isComment, !line.says("addTask {"), !line.says("using: ") else { return false }
            return !PermittedImports.ownTime.contains(line.file) && !PermittedImports.ownTimeModules.contains(line.module)
        }
        #expect(found.map(\.place) == [])
    }

    /// Dictionaries have another order in each process. A lexical check: loops over keys and values are sorted, or free memory.
    @Test("walk dictionaries in a fixed order")
    func dictionaries() throws {
        let found = try lines().filter { line in
            guard line.says("for "), line.says(".keys") || line.says(".values"), !line.isComment, !PermittedImports.anyOrder.contains(line.file),
                let match = line.text.firstMatch(of: /for .* in .*\.(?:keys|values)(?: where .*)? \{(.*)/)
            else { return false }
            return !line.text.contains("sorted") && !match.1.contains("deallocate()") && !match.1.contains("free(")
                && !line.text.contains(" value.values {")
        }
        #expect(found.map(\.place) == [])
    }

    @Test("lie in folders, with nothing that a compiler left beside them")
    func leftovers() throws {
        let top = try FileManager.default.contentsOfDirectory(atPath: TidyTests.root)
        #expect(top.filter { name in [".h", ".o", ".d", ".swiftmodule", ".swiftdeps"].contains(where: name.hasSuffix) } == [])
    }

    @Test("have lines of at most 150 columns")
    func width() throws {
        let found = try lines().filter { $0.text.utf8.count > 150 && $0.text.count > 150 }
        #expect(found.map { "\($0.place) (\($0.text.count))" } == [])
    }

    @Test("import only the modules below them")
    func imports() throws {
        let own = PermittedImports.own
        var found: [String] = []
        for line in try lines() {
            guard line.says("import "),
                let match = line.text.firstMatch(
                    of: /^\s*(?:@\w+ |public |internal |package |private |fileprivate )*import (?:struct |class |enum |func )?(\w+)/)
            else { continue }
            let imported = String(match.1)
            guard own.contains(imported) else { continue }
            if PermittedImports.imports(of: line.module)?.contains(imported) != true {
                found.append("\(line.place): \(line.module) imports \(imported)")
            }
        }
        #expect(found == [])
    }

    @Test("stand in a table without a way back up")
    func downwards() {
        var before = PermittedImports.libraries
        for (module, imports) in PermittedImports.table {
            #expect(imports.subtracting(before) == [], "\(module) names modules that do not stand before it")
            before.insert(module)
        }
    }

    @Test("are built with no other edges than they may import")
    func package() throws {
        let text = try String(contentsOfFile: "\(TidyTests.root)/Package.swift", encoding: .utf8)
        var seen: Set<String> = []
        for match in text.matches(of: /(?:module|plugin)\(\s*"(\w+)"(?:,\s*\[([^\]]*)\])?\s*\)/) {
            let module = String(match.1)
            seen.insert(module)
            let permitted = try #require(PermittedImports.imports(of: module), "\(module) has no row in PermittedImports")
            for name in (match.2 ?? "").matches(of: /"(\w+)"/) { #expect(permitted.contains(String(name.1)), "\(module) depends on \(name.1)") }
        }
        #expect(seen.isSuperset(of: ["Wire", "EventLoop", "Sessions", "Server", "TextEncoder"]), "the package was read")
    }
}
