import Glibc
import PluginHost
import Testing
import Wire

@Suite("A library that plugins bring along")
struct LibraryCopyTests {
    private let workshop: Workshop

    init() throws { workshop = try Workshop() }

    /// Builds libextra.so, which holds a number.
    private func extra(_ value: Int, _ flags: String = "") throws {
        try workshop.write("extra.c", "const int extra = \(value);")
        #expect(shell("cd '\(workshop.path)' && clang -shared -fPIC -o libextra.so extra.c \(flags)") == 0)
    }

    /// A build of the probe plugin that needs it, from the folder that it lies in unless told otherwise.
    private func build(_ number: Int, path: String = "$ORIGIN") throws -> String {
        try workshop.write(
            "user.c",
            "extern const int extra; __attribute__((visibility(\"default\"))) const int *const found = &extra; const int build = \(number);")
        return try workshop.probe(
            name: "probe-\(number).so",
            flags: "'\(workshop.path)/user.c' -Wl,--no-as-needed -L'\(workshop.path)' -lextra '-Wl,-rpath,\(path)'")
    }

    private func load(_ path: String, number: UInt64) throws -> PluginLibrary {
        try PluginLibrary.load(path, runFolder: workshop.path + "/run", number: number)
    }

    /// Where the number lies that a loaded build has found.
    private func found(_ library: PluginLibrary) throws -> UnsafePointer<Int32> {
        let handle = try #require(dlopen(library.copy, RTLD_NOW | RTLD_NOLOAD))
        defer { dlclose(handle) }
        let symbol = try #require(dlsym(handle, "found"))
        return symbol.load(as: UnsafePointer<Int32>.self)
    }

    @Test("is one image for all builds that bring the same, and another for those that bring another")
    func sharing() throws {
        #expect(shell("mkdir -m 700 '\(workshop.path)/run'") == 0)
        try extra(7)
        let first = try load(try build(1), number: 1)
        let second = try load(try build(2), number: 2)
        #expect(first.sha256 != second.sha256)
        #expect(try found(first) == found(second), "both have found the same image")
        try extra(8)
        #expect(try found(first).pointee == 7, "what was overwritten was not what is mapped")
        let third = try load("\(workshop.path)/probe-2.so", number: 3)
        #expect(third.sha256 != second.sha256, "the same file, but it brings another library along")
        #expect(try found(third).pointee == 8 && found(second).pointee == 7)
        #expect(first.isPureC && third.isPureC && workshop.copies == 3)
    }

    @Test("goes with the build, and is mapped by whoever opens that copy")
    func lifetime() throws {
        #expect(shell("mkdir -m 700 '\(workshop.path)/run'") == 0)
        try extra(7)
        let path = try build(1)
        do {
            let candidate = try PluginCandidate(path, runFolder: workshop.path + "/run", number: 1)
            #expect(shell("rm '\(workshop.path)/libextra.so'") == 0)
            // As a probe does, and a worker, which makes a copy of the copy.
            let inPlace = try PluginLibrary(try PluginCandidate(copy: candidate.copy))
            let again = try load(candidate.copy, number: 2)
            #expect(try found(inPlace).pointee == 7 && found(again).pointee == 7)
            #expect(workshop.copies == 2)
        }
        #expect(workshop.copies == 0)
        #expect(shell("grep -q '\(workshop.path)/run' /proc/\(getpid())/maps") == 1, "everything is unmapped")
    }

    @Test("may bring others along, but not without end")
    func depth() throws {
        #expect(shell("mkdir -m 700 '\(workshop.path)/run'") == 0)
        let folder = workshop.path
        try workshop.write("inner.c", "const int inner = 1;")
        #expect(shell("cd '\(folder)' && clang -shared -fPIC -o libinner.so inner.c") == 0)
        try extra(7, "-Wl,--no-as-needed -L. -linner '-Wl,-rpath,$ORIGIN'")
        let path = try build(1)
        let first = try load(path, number: 1)
        try workshop.write("inner.c", "const int inner = 2;")
        #expect(shell("cd '\(folder)' && clang -shared -fPIC -o libinner.so inner.c") == 0)
        let second = try load(path, number: 2)
        #expect(first.sha256 != second.sha256, "what the brought library brings counts too")
        #expect(try found(first) != found(second))
        // One that needs itself.
        let itself = "clang -shared -fPIC -o self.so inner.c -Wl,--no-as-needed -L. -linner '-Wl,-rpath,$ORIGIN' && mv self.so libinner.so"
        #expect(shell("cd '\(folder)' && \(itself)") == 0)
        let refused = #expect(throws: RPCStatus.self) { try load(path, number: 3) }
        #expect(refused?.code == .failedPrecondition && refused?.message.contains("deep") == true)
        #expect(workshop.copies == 2, "nothing is left of what was refused")
    }

    @Test("is left where it is when the build does not look beside itself")
    func elsewhere() throws {
        #expect(shell("mkdir -m 700 '\(workshop.path)/run'") == 0)
        try extra(7)
        let path = try build(1, path: workshop.path)
        let library = try load(path, number: 1)
        #expect(try found(library).pointee == 7)
        #expect(shell("test \"$(sha256sum '\(path)' | cut -d ' ' -f 1)\" = \(library.sha256)") == 0, "the copy is the file, byte by byte")
    }
}
