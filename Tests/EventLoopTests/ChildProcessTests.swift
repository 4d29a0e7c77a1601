import EventLoop
import Glibc
import Testing

@Suite struct ChildProcessTests {
    /// Runs a shell command line and gives how it ended and what it wrote.
    private func run(
        _ script: String, environment: [(name: String, value: String)] = [], folder: String = "",
        _ then: @escaping @Sendable (ChildProcess) throws -> Void = { _ in }
    ) async throws -> (exit: ChildProcess.Exit, output: String) {
        let result = Box<(exit: ChildProcess.Exit, output: String)>((ChildProcess.Exit(code: -1, signal: 0), ""))
        try await onLoop { loop, done in
            let (mine, theirs) = try ByteStream.socketPair()
            var written: [UInt8] = []
            var exit: ChildProcess.Exit?
            var isClosed = false
            func finish() {
                guard let exit, isClosed else { return }
                result.value = (exit, String(decoding: written, as: UTF8.self))
                done()
            }
            let output = try ByteStream.adopt(fd: mine, loop: loop)
            output.onBytes = { written += $0 }
            output.onClose = { _ in
                isClosed = true
                finish()
            }
            output.startReading()
            let child = try ChildProcess.spawn(
                ChildProcess.Command("sh", ["-c", script], environment: environment, folder: folder), descriptors: [nil, theirs, theirs], loop: loop
            ) {
                exit = $0
                finish()
            }
            Glibc.close(theirs)
            try then(child)
        }
        return result.value
    }

    @Test func aProgramIsFoundRunAndWaitedFor() async throws {
        let result = try await run("echo $GREETING; pwd; exit 3", environment: [("GREETING", "good day")], folder: "/")
        #expect(result.output == "good day\n/\n")
        #expect(result.exit == ChildProcess.Exit(code: 3, signal: 0))
        #expect(result.exit.description == "it ended with exit code 3")
    }

    @Test func aSignalReachesTheWholeGroup() async throws {
        // The output ends only when the grandchild has ended, too.
        let result = try await run("sleep 100 & sleep 100") { $0.kill(SIGKILL) }
        #expect(result.exit == ChildProcess.Exit(code: 0, signal: SIGKILL))
        #expect(result.exit.description.contains("signal 9"))
    }

    @Test func itsMemoryIsLimited() async throws {
        let result = try await run("sleep 0.2; python3 -c 'x = bytearray(400 << 20)' 2>&1 | tail -1") { try $0.limit(.memory, to: 200 << 20) }
        #expect(result.output.contains("MemoryError"))
    }

    @Test func itInheritsNothingButItsDescriptors() async throws {
        let result = try await run("ls /proc/self/fd")
        // 3 is the folder that ls reads.
        #expect(result.output == "0\n1\n2\n3\n")
    }

    @Test func aMissingProgramIsNotFound() async throws {
        let caught = Box<LoopError?>(nil)
        try await onLoop { loop, done in
            do throws(LoopError) {
                _ = try ChildProcess.spawn(ChildProcess.Command("/nowhere/program"), descriptors: [], loop: loop) { _ in }
            } catch {
                caught.value = error
            }
            done()
        }
        let error = caught.value
        #expect(error?.code == .notFound && error?.message.contains("/nowhere/program") == true)
    }

    @Test func aLoopThatEndsTakesTheProgramWithIt() async throws {
        let pid = Box<Int32>(0)
        try await onLoop { loop, done in
            pid.value = try ChildProcess.spawn(ChildProcess.Command("sleep", ["100"]), descriptors: [], loop: loop) { _ in }.pid
            done()
        }
        #expect(pid.value > 0 && kill(pid.value, 0) != 0 && errno == ESRCH)
    }
}
