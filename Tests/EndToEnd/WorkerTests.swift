import Foundation
import Testing

@Suite("Plugins in processes of their own, over the real programs", .serialized)
struct WorkerTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "vitrine-worker-\(UInt32.random(in: 0...(.max)))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    @Test("The text encoder prints the same from a process of its own", .timeLimit(.minutes(10)))
    func sameEitherWay() throws {
        defer { clean() }
        let words = "silver earrings\n金戒指\n"
        let here = try ShopProcess.run(["plugin", "run", "--plugins", ShopProcess.build, "text-encoder", "-"], input: words)
        let there = try ShopProcess.run(["plugin", "run", "--plugins", ShopProcess.build, "--worker", "text-encoder", "-"], input: words)
        #expect(here.status == 0 && there.status == 0, "\(there.output)")
        #expect(here.output == there.output && there.output.contains("embedding"))
    }

    @Test("Who is stopped and goes on (^Z, fg) while a worker answers ends with its input", .timeLimit(.minutes(10)))
    func stopped() throws {
        defer { clean() }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: ShopProcess.build + "/vitrine")
        process.arguments = ["plugin", "run", "--plugins", ShopProcess.build, "--worker", "text-encoder", "-"]
        let input = Pipe()
        process.standardInput = input
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try process.run()
        for _ in 0..<40 { input.fileHandleForWriting.write(Data("silver ring\n".utf8)) }
        try input.fileHandleForWriting.close()
        for _ in 0..<200 where process.isRunning {
            kill(process.processIdentifier, SIGSTOP)
            usleep(5_000)
            kill(process.processIdentifier, SIGCONT)
            usleep(20_000)
        }
        for _ in 0..<1_200 where process.isRunning { usleep(50_000) }
        #expect(!process.isRunning, "it did not end within 60 s")
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test("Readiness tells that a worker is down, and that it is up again", .timeLimit(.minutes(10)))
    func readiness() throws {
        defer { clean() }
        try write(
            "graph.yaml",
            """
            graph: 1
            name: reading
            nodes:
              - {id: read, type: plugin, plugin: text-encoder, in: [client.text]}
              - {id: back, type: reply, in: [client.audio]}
            """)
        try write(
            "server.yaml",
            """
            listen: 127.0.0.1:0
            log: {level: error}
            admin_socket: \(folder)/admin.sock
            graph: graph.yaml
            plugins:
              folder: \(ShopProcess.build)
              load:
                - {name: text-encoder, run: worker, limits: {restart_ms_min: 1500}}
            """)
        let server = Process()
        server.executableURL = URL(fileURLWithPath: ShopProcess.build + "/vitrine")
        server.arguments = ["serve", "--config", folder + "/server.yaml", "--address-file", folder + "/address"]
        server.standardOutput = FileHandle.nullDevice
        try server.run()
        defer { server.terminate() }
        #expect(try wait { $0.status == 0 }, "it becomes ready")

        let worker = try #require(children(of: server.processIdentifier).first, "the worker is a child of the server")
        kill(worker, SIGKILL)
        var reason = ""
        #expect(
            try wait {
                reason = $0.output
                return $0.status == 1
            })
        #expect(reason.contains("plugin text-encoder: it was ended by signal 9"), "\(reason)")
        #expect(try wait { $0.status == 0 }, "the next process serves")
        let next = try #require(children(of: server.processIdentifier).first)
        #expect(next != worker)

        server.terminate()
        while server.isRunning { usleep(5_000) }
        #expect(server.terminationStatus == 0)
        #expect(kill(next, 0) != 0, "the worker goes with its server")
    }

    /// Asks for the server's health until it is as wanted, for at most 60 s.
    private func wait(_ isWanted: ((status: Int32, output: String)) -> Bool) throws -> Bool {
        for _ in 0..<300 {
            if isWanted(try ShopProcess.run(["admin", "health", "--admin-socket", folder + "/admin.sock"])) { return true }
            usleep(200_000)
        }
        return false
    }

    /// Processes that another one has started, by the kernel's list.
    private func children(of pid: Int32) -> [Int32] {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
        return tasks.sorted().flatMap { task in
            let list = (try? String(contentsOfFile: "/proc/\(pid)/task/\(task)/children", encoding: .utf8)) ?? ""
            return list.split(separator: " ").compactMap { Int32($0) }
        }
    }

    private func write(_ name: String, _ text: String) throws {
        try (text + "\n").write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    }

    private func clean() {
        do { try FileManager.default.removeItem(atPath: folder) } catch { print("\(folder) was not removed: \(error)") }
    }
}
