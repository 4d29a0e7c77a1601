import ArgumentParser
import Client
import EventLoop
import Foundation
import PluginHost
import Server
import Wire

extension PluginCommand {
    struct Dev: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Watch a plugin's folder: build, probe, gate and swap whenever something changes.",
            discussion: """
                The folder has a Package.swift (built by `swift build`) or a Makefile (built by `make`); a plugin in Python need not be built. A \
                build that does not compile, fails its probe or its gate changes nothing in the server. What the plugin logs is shown as it comes.
                """)

        @Argument(help: "The plugin's folder.")
        var folder: String

        @OptionGroup var admin: AdminConnection

        @Option(
            help: ArgumentHelp(
                "The shared object of the build, or the worker's program; without it found in .build, or the folder's one .py that is no test.",
                valueName: "file"))
        var library: String?

        @Option(help: ArgumentHelp("Command instead of `swift build` or `make`.", valueName: "command"))
        var build: String?

        @Option(
            parsing: .upToNextOption,
            help: ArgumentHelp("Conversations, files or folders, that must pass with a build before it goes live.", valueName: "path"))
        var gate: [String] = []

        @Flag(help: "Check the contract (`vitrine plugin check`) before each swap.")
        var check = false

        @Flag(help: "Build and swap once, then end.")
        var once = false

        func run() throws {
            let root = URL(fileURLWithPath: folder).standardizedFileURL.path
            let project = try PluginProject(root: root, library: library, build: build)
            let cycle = DevelopmentCycle(project: project, admin: admin, gate: gate, check: check)
            let loop = try EventLoop(name: "dev")
            let watch = DevelopmentWatch(project: project, cycle: cycle, once: once, loop: loop)
            vitrine.run(loop, watch) { $0.start() }
            // A build that is under way ends with the program that asked for it.
            ChildRun.endAll()
            if let failure = watch.failure { throw Environment.fail(failure) }
            if watch.exitCode != 0 { throw ExitCode(watch.exitCode) }
        }
    }
}

/// Build, probe, gate, swap: once through. On a thread that may wait.
struct DevelopmentCycle: Sendable {
    let project: PluginProject
    let admin: AdminConnection
    let gate: [String]
    let check: Bool

    static let buildMsMax = 1_800_000

    /// - Returns: whether what is in the folder is live now.
    func run() -> Bool {
        let clock = ContinuousClock()
        let began = clock.now
        do {
            let built = try ChildRun.run(
                ["/bin/sh", "-c", "cd '\(project.root.replacingOccurrences(of: "'", with: "'\\''"))' && \(project.build)"], msMax: Self.buildMsMax,
                outputBytesMax: 1 << 20)
            guard built.end == .exit(0) else {
                printLine("✘ it does not build; what is live stays\n\(built.output)\(built.errors)")
                return false
            }
            guard let library = project.library else {
                printLine("✘ there is no shared object in .build, and no single program in Python: name the plugin's file with --library")
                return false
            }
            let compiled = clock.now
            if check, !(try conforms(library)) { return false }
            let reply = try change(library)
            let live = clock.now
            for line in ChangeReport.lines(reply) { printLine("✔ \(line)") }
            printLine("  built in \(seconds(began.duration(to: compiled))), live \(seconds(compiled.duration(to: live))) later")
            return true
        } catch let status as RPCStatus {
            printLine("✘ \(status.message)\n  what is live stays")
            return false
        } catch {
            printLine("✘ \(error)")
            return false
        }
    }

    private func conforms(_ library: String) throws -> Bool {
        let run = try ChildRun.run(
            [Environment.program, "plugin", "check", library, "--call-ms-max", "200"], msMax: 600_000, outputBytesMax: 1 << 20)
        if run.end == .exit(0) { return true }
        printLine("✘ it does not keep to the contract; what is live stays")
        for line in run.output.split(separator: "\n") where !line.hasPrefix("✔") { printLine("  \(line)") }
        return false
    }

    private func change(_ library: String) throws -> ChangePluginReply {
        let gates = gate.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
        let request = ChangePluginRequest(file: library, gates: gates).encoded()
        do {
            return try admin.ask(.adminSwapPlugin, request, timeoutMs: 900_000) { try ChangePluginReply(decoding: $0) }
        } catch let status as RPCStatus where status.code == .notFound {
            // Something that the build needs may be what was not found.
            let live = try admin.ask(.adminListPlugins, ListPluginsRequest().encoded()) { try ListPluginsReply(decoding: $0) }
            guard let name = try? PluginManifests.manifest(of: library, folder: "").name, !live.plugins.contains(where: { $0.manifest?.name == name })
            else { throw status }
            return try admin.ask(.adminLoadPlugin, request, timeoutMs: 900_000) { try ChangePluginReply(decoding: $0) }
        }
    }

    private func seconds(_ duration: Duration) -> String {
        let ms = duration.components.seconds * 1_000 + duration.components.attoseconds / 1_000_000_000_000_000
        return ms < 1_000 ? "\(ms) ms" : "\(ms / 1_000).\((ms % 1_000) / 100) s"
    }
}

/// Waits for changes and runs the cycle, one at a time. Confined to its loop.
private final class DevelopmentWatch {
    private let project: PluginProject
    private let cycle: DevelopmentCycle
    private let once: Bool
    private let loop: EventLoop
    private var watchers: [FolderWatcher] = []
    private var connection: ClientConnection?
    private var pause: LoopTimer?
    private var isRunning = false
    private var isChanged = false
    private var signals: [SignalWatcher] = []
    private(set) var failure: String?
    private(set) var exitCode: Int32 = 0

    /// An editor writes a file in several steps: this long after the last one it is built.
    static let quietMs: UInt64 = 30

    init(project: PluginProject, cycle: DevelopmentCycle, once: Bool, loop: EventLoop) {
        self.project = project
        self.cycle = cycle
        self.once = once
        self.loop = loop
    }

    func start() {
        watchSignals()
        if !once {
            printLine("watching \(project.root); ^C ends it")
            watchFolders()
            listen()
        }
        build()
    }

    private func watchSignals() {
        do throws(LoopError) {
            for signal in [SIGINT, SIGTERM] {
                signals.append(
                    try SignalWatcher(signal, loop: loop) { [unowned self] in
                        // As a shell counts what a signal has ended; of a watch it is the way to end it.
                        exitCode = once ? 128 + signal : 0
                        loop.stop()
                    })
            }
        } catch {
            failure = "\(error)"
            loop.stop()
        }
    }

    private func watchFolders() {
        let known = Set(watchers.map(\.path))
        for path in project.folders where !known.contains(path) {
            do throws(LoopError) {
                watchers.append(try FolderWatcher(path, loop: loop) { [unowned self] name in changed(name) })
            } catch {
                failure = "\(error)"
                loop.stop()
            }
        }
    }

    private func changed(_ name: String) {
        // Builds and editors leave files of their own beside the sources.
        guard !name.hasPrefix("."), !name.hasSuffix("~"), !name.hasSuffix(".swp"), !name.contains(".pyc"), name != "__pycache__" else { return }
        pause?.cancel()
        pause = loop.after(Self.quietMs * 1_000) { [unowned self] in
            watchFolders()
            build()
        }
    }

    private func build() {
        guard !isRunning else {
            isChanged = true
            return
        }
        isRunning = true
        isChanged = false
        let bound = LoopBound(self, loop: loop)
        LoaderThread.run { [cycle] in
            let isLive = cycle.run()
            bound.loop.submit { bound.value.finished(isLive) }
        }
    }

    private func finished(_ isLive: Bool) {
        isRunning = false
        if once {
            exitCode = isLive ? 0 : 1
            loop.stop()
        } else if isChanged {
            build()
        }
    }

    /// Shows what plugins log; without a server it is tried again.
    private func listen() {
        ClientConnection.connect(.unix(path: cycle.admin.adminSocket), loop: loop) { [unowned self] connected in
            guard case .success(let connection) = connected else { return again() }
            self.connection = connection
            let stream = connection.open(
                .adminWatchPlugin, timeoutUs: 0,
                onData: { bytes in
                    guard let line = try? PluginLogLine(decoding: bytes) else { return }
                    printLine("  │ \(line.plugin) \(line.level): \(line.message)")
                }, onEnd: { [unowned self] _ in again() })
            do throws(RPCStatus) { try stream.send(WatchPluginRequest().encoded()) } catch { again() }
        }
    }

    private func again() {
        connection = nil
        loop.after(1_000_000) { [unowned self] in listen() }
    }
}
