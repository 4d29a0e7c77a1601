import Foundation
import PluginHost
import TestSupport
import Testing
import Wire

/// `vitrine plugin check` over plugins in C that break the contract in one place each (Tests/Plugins/broken).
@Suite("The conformance checks")
struct ConformanceTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    private func compile(_ name: String, flags: [String] = []) throws -> String {
        let file = "/tmp/vitrine-\(name.split(separator: "/").last ?? "")-\(UUID().uuidString.prefix(8)).so"
        let source = "\(Self.root)/Tests/Plugins/\(name).c"
        let run = try ChildRun.run(
            [
                "/usr/bin/env", "clang", "-std=gnu17", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-fvisibility=hidden",
                "-I\(Self.root)/Sources/CVitrinePlugin/include", "-o", file, source,
            ] + flags, msMax: 60_000, outputBytesMax: 65_536)
        try #require(run.end == .exit(0), "\(run.errors)")
        return file
    }

    private func check(_ file: String, _ only: [String] = [], more: [String] = []) throws -> ChildRun {
        try ChildRun.run(
            ["\(buildFolder)/vitrine", "plugin", "check", file, "--call-ms-max", "150"] + more + only.flatMap { ["--only", $0] }, msMax: 120_000,
            outputBytesMax: 1 << 20
        )
    }

    @Test("pass for a plugin that keeps to the contract")
    func none() throws {
        let file = try compile("broken/none")
        defer { unlink(file) }
        let run = try check(file)
        #expect(run.end == .exit(0) && !run.output.contains("✘"), "\(run.output)")
    }

    @Test(
        "fail for one that does not, and say how",
        arguments: [
            ("leaks", "leaks", "bytes of memory behind"),
            ("leaks_buffer", "lifecycle", "buffers were not released"),
            ("double_status", "lifecycle", "each stream is closed once"),
            ("emit_after_close", "lifecycle", "emit on a stream that is not open"),
            ("blocks_loop", "blocking", "holds the loop up"),
            ("ignores_cancel", "cancel", "emit on a stream that is not open"),
            ("overruns_credit", "credit", "emitting goes on although the output queue is full"),
            ("crashes_in_self_test", "self-test", "crashed (Aborted)"),
            ("never_closes", "lifecycle", "is not closed 60 s after"),
            ("calls_from_job", "threads", "emit was called on another thread"),
            ("starts_thread", "threads", "1 threads run that the plugin started"),
            ("trusts_lengths", "malformed", "crashed (Segmentation fault)"),
            ("wrong_kind", "lifecycle", "says kind 13 and gives another"),
        ])
    func broken(name: String, failing: String, saying: String) throws {
        // A sanitizer has an allocator of its own, which counts otherwise, and ends a process before the system does.
        if isSanitized, ["leaks", "trusts_lengths"].contains(name) { return }
        let file = try compile("broken/\(name)")
        defer { unlink(file) }
        let run = try check(file, [failing])
        #expect(run.end == .exit(1))
        #expect(run.output.contains("✘ \(failing)") && run.output.contains(saying), "\(run.output)")
    }

    @Test("of the worker's protocol fail for a process that ends over another one's state")
    func stateThatKills() throws {
        let file = try compile("sequencer", flags: ["-DIMPORT=-1"])
        defer { unlink(file) }
        let run = try check(file, ["hand-over", "cancel"], more: ["--worker"])
        #expect(run.end == .exit(1) && run.output.contains("✔ cancel"), "\(run.output)")
        #expect(run.output.contains("✘ hand-over") && run.output.contains("its process ended: it was ended by signal 6"), "\(run.output)")
    }

    @Test("A check that is not there is named")
    func unknown() throws {
        let run = try check("/nowhere.so", ["smell"])
        #expect(run.end == .exit(64) && run.errors.contains("there is no check 'smell'"))
    }
}
