import CVitrinePlugin
import EventLoop
import Glibc
import PluginHost
import Router
import TestSupport
import Testing
import Wire

@Suite struct PluginLibraryTests {
    private let workshop: Workshop

    init() throws { workshop = try Workshop() }

    private func status(_ body: () throws -> Void) -> RPCStatus? {
        #expect(throws: RPCStatus.self) { try body() }
    }

    @Test func aLoadedLibraryTellsItsManifestHashAndPurity() throws {
        let path = try workshop.probe()
        let generation = try workshop.host().load(path)
        #expect(generation.manifest == probeManifest && generation.number == 1)
        #expect(generation.library.isPureC && generation.library.sha256.count == 64)
        #expect(generation.options == ["greeting": "hello"])
        #expect(shell("test \"$(sha256sum '\(path)' | cut -d ' ' -f 1)\" = \(generation.library.sha256)") == 0)
        #expect(workshop.copies == 1, "what is mapped is a copy")
    }

    @Test func theSameFileAgainIsTheSameGenerationAndAChangedOneIsTheNext() throws {
        let host = try workshop.host()
        let first = try host.load(try workshop.probe())
        #expect(try host.load(try workshop.probe()) === first)
        var changed = probeManifest
        changed.version = "2.0.0"
        let second = try host.load(try workshop.probe(changed))
        #expect(second.number == 2 && second.manifest.version == "2.0.0")
        #expect(first.phase.isDraining && !second.phase.isDraining && host.generation("probe") === second)
        #expect(first.manifest.version == "1.2.3", "overwriting the file changed nothing that is loaded")
    }

    @Test func aPureLibraryIsUnloadedAndItsCopyRemoved() throws {
        try #require(workshop.copies <= 0)
        do {
            let library = try PluginLibrary.load(try workshop.probe(), runFolder: workshop.path, number: 1)
            #expect(library.isPureC)
            #expect(shell("grep -q '\(workshop.path)/.*probe.so' /proc/\(getpid())/maps") == 0)
        }
        #expect(shell("grep -q '\(workshop.path)/.*probe.so' /proc/\(getpid())/maps") == 1)
    }

    @Test func namesAreFoundInThePluginFolder() throws {
        let host = try workshop.host()
        _ = try workshop.probe(name: "libProbe.so")
        #expect(try host.load("probe").manifest.name == "probe")
        let missing = status { _ = try host.load("speech-recognizer") }
        #expect(missing?.code == .notFound && missing?.message.contains("libSpeechRecognizer.so") == true)
        _ = try workshop.probe(name: "libOther.so")
        #expect(status { _ = try host.load("other") }?.message.contains("is named probe, not other") == true)
    }

    @Test func filesThatAreNoPluginsAreRefusedWithTheirName() throws {
        let host = try workshop.host()
        try workshop.write("text.so", "this is no library, but it is long enough to be looked at as one if nobody checks its first bytes")
        #expect(
            status { _ = try host.load("\(workshop.path)/text.so") }
                == RPCStatus(.failedPrecondition, "\(workshop.path)/text.so: it is not an ELF file"))
        try workshop.write("other.c", "int something = 1;")
        #expect(shell("clang -shared -fPIC -o '\(workshop.path)/other.so' '\(workshop.path)/other.c'") == 0)
        #expect(status { _ = try host.load("\(workshop.path)/other.so") }?.message.contains("does not export vitrine_plugin") == true)
        #expect(status { _ = try host.load("\(workshop.path)/nowhere.so") }?.code == .notFound)
        #expect(status { _ = try host.load(workshop.path + "/") }?.code == .failedPrecondition)
        #expect(workshop.copies == 0, "nothing is left of what was refused")
    }

    @Test func aSymbolThatIsMissingShowsAtLoadingNotLater() throws {
        try workshop.write("undefined.c", "int nowhere(void); int *vitrine_plugin(void) { return (int *)(long)nowhere(); }")
        #expect(shell("clang -shared -fPIC -o '\(workshop.path)/undefined.so' '\(workshop.path)/undefined.c'") == 0)
        let host = try workshop.host()
        let refused = status { _ = try host.load("\(workshop.path)/undefined.so") }
        #expect(refused?.code == .failedPrecondition && refused?.message.contains("nowhere") == true)
    }

    /// A plugin that was built when the table was shorter, or will be when it is longer.
    @Test(arguments: ["offsetof(vt_plugin,self_test)", "offsetof(vt_plugin,import_state)", "4096"])
    func aTableMayEndBehindWhatIsNotOptionalAndMayBeLonger(bytes: String) async throws {
        let host = try workshop.host()
        let generation = try host.load(try workshop.probe(flags: "-include stddef.h '-DTABLE_BYTES=\(bytes)'"))
        #expect(generation.library.table.pointee.pending != nil)
        #expect(generation.library.table.pointee.self_test == nil)
        #expect(generation.manifest == probeManifest)
    }

    @Test func aTableThatEndsBeforeIsRefusedUnread() throws {
        let host = try workshop.host()
        let path = try workshop.probe(flags: "-include stddef.h '-DTABLE_BYTES=offsetof(vt_plugin,pending)'")
        let refused = status { _ = try host.load(path) }
        #expect(refused?.code == .failedPrecondition && refused?.message.contains("bytes; this host's is 1 with at least") == true)
    }

    @Test func aRunFolderThatOthersMayWriteToIsRefused() throws {
        let host = try workshop.host()
        #expect(shell("mkdir -m 777 '\(workshop.path)/run'") == 0)
        let path = try workshop.probe()
        #expect(status { _ = try host.load(path) }?.message.contains("nobody else may write to") == true)
    }

    @Test func manifestsAreChecked() throws {
        let host = try workshop.host()
        func refusal(_ change: (inout PluginManifest) -> Void) throws -> String {
            var manifest = probeManifest
            change(&manifest)
            let path = try workshop.probe(manifest)
            return status { _ = try host.load(path) }?.message ?? ""
        }
        #expect(try refusal { $0.name = "Not A Name" }.contains("name is \"Not A Name\""))
        #expect(try refusal { $0.version = "one" }.contains("version"))
        #expect(try refusal { $0.consumes = ["smells"] }.contains("smells"))
        #expect(try refusal { $0.produces = [OutputPort(kind: "odour")] }.contains("odour"))
        #expect(try refusal { $0.models[0].path = "../../etc/passwd" }.contains("below the models folder"))
        #expect(try refusal { $0.models[0].precision = "f7" }.contains("f32, f32-i8, default"))
        #expect(try refusal { $0.models.append($0.models[0]) }.contains("each name once"))
        #expect(try refusal { $0.models[0].path = "nowhere.onnx" }.contains("make setup"))
    }

    @Test func optionsThatThePluginDoesNotHaveAreRefusedAndItsOwnReachIt() async throws {
        let path = try workshop.probe()
        let picky = try workshop.host(options: ["probe": ["colour": "red"]])
        #expect(status { _ = try picky.load(path) }?.message.contains("greeting") == true)
        let host = try workshop.host(options: ["probe": ["greeting": "good morning"]])
        let generation = try host.load(path)
        _ = try await withLoop { loop, done in
            try host.instance(of: generation, on: loop).retire()
            done(())
        }
        #expect(workshop.observer.notes == ["good morning", "destroyed"])
    }

    @Test func aPluginThatCannotStartSaysWhy() async throws {
        let host = try workshop.host(options: ["probe": ["greeting": "refuse"]])
        let generation = try host.load(try workshop.probe())
        let status: RPCStatus? = try await withLoop { loop, done in
            do throws(RPCStatus) {
                try host.instance(of: generation, on: loop).retire()
                done(nil)
            } catch {
                done(error)
            }
        }
        #expect(status == RPCStatus(.failedPrecondition, "plugin probe does not start: refusing as told"))
    }

    @Test func loadingFromALoopHappensElsewhereAndComesBack() async throws {
        let host = try workshop.host()
        let path = try workshop.probe()
        let name: String = try await withLoop { loop, done in
            host.load(path, on: loop) { result in
                loop.preconditionCurrent()
                switch result {
                case .success(let generation): done(generation.manifest.name)
                case .failure(let status): done(status.description)
                }
            }
        }
        #expect(name == "probe")
    }
}

@Suite struct ElfFileTests {
    private func parse(_ path: String) throws -> ElfFile {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return try bytes.prefix(count).withUnsafeBytes { try ElfFile($0) }
    }

    @Test func aSwiftLibraryIsNotPure() throws {
        // The test bundle's own process has Swift's library mapped; its path is in the maps.
        let maps = try #require(fopen("/proc/self/maps", "r"))
        defer { fclose(maps) }
        var line = [CChar](repeating: 0, count: 4096)
        var path: String?
        while path == nil, fgets(&line, Int32(line.count), maps) != nil {
            let text = String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            if text.hasSuffix("/libswift_Concurrency.so") { path = text.split(separator: " ").last.map(String.init) }
        }
        let elf = try parse(try #require(path))
        #expect(!elf.isPureC && elf.needed.contains("libswiftCore.so") && elf.sections.contains { $0.hasPrefix("swift5_") })
    }

    @Test func aCLibraryIsPureAndTellsWhatItNeeds() throws {
        let workshop = try Workshop()
        let elf = try parse(try workshop.probe(flags: "-Wl,--no-as-needed -lm"))
        #expect(elf.isPureC && elf.needed.contains("libm.so.6") && elf.sections.contains(".text"))
    }

    @Test func memoryThatTheFileDoesNotHoldMayBeLargerThanTheFile() throws {
        let workshop = try Workshop()
        let source = "\(workshop.path)/table.c"
        #expect(shell("echo 'static float table[1 << 20]; float *first(void) { return table; }' > '\(source)'") == 0)
        #expect(shell("clang -shared -fPIC -o '\(workshop.path)/table.so' '\(source)'") == 0)
        #expect(try parse("\(workshop.path)/table.so").sections.contains(".bss"))
    }

    @Test func damagedFilesAreRefusedWhateverIsWrong() throws {
        let workshop = try Workshop()
        let path = try workshop.probe()
        let file = try #require(fopen(path, "r"))
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        fclose(file)
        for length in [0, 3, 4, 63, 64, 100, bytes.count / 2] {
            #expect(throws: RPCStatus.self) { try bytes.prefix(length).withUnsafeBytes { try ElfFile($0) } }
        }
        // Whatever bits are turned, the parser ends with a value or a status.
        var random = SeededRandom(seed: 7)
        for _ in 0..<2_000 {
            var damaged = bytes
            for _ in 0..<8 { damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random) }
            for _ in 0..<4 { damaged[Int.random(in: 0..<64, using: &random)] = UInt8.random(in: 0...255, using: &random) }
            _ = try? damaged.withUnsafeBytes { try ElfFile($0) }
        }
    }
}
