import EventLoop
import Locks
import PluginHost
import Wire

/// What must hold of a build before it may take another's place.
enum PluginChange {
    /// - Returns: the build that the candidate replaces.
    /// - Throws: ALREADY_EXISTS, NOT_FOUND, INVALID_ARGUMENT (another plugin than asked for), FAILED_PRECONDITION naming both ports.
    @discardableResult
    static func check(
        _ manifest: PluginManifest, _ request: ChangePluginRequest, isSwap: Bool, live: [any PluginBuild]
    ) throws(RPCStatus) -> (any PluginBuild)? {
        guard request.plugin.isEmpty || request.plugin == manifest.name else {
            throw RPCStatus(.invalidArgument, "\(request.file): the plugin there is named \(manifest.name), not \(request.plugin)")
        }
        let old = live.first { $0.name == manifest.name }
        if let old, !isSwap {
            throw RPCStatus(.alreadyExists, "\(manifest.name) is live already, as generation \(old.number): swap it")
        }
        guard isSwap else { return nil }
        guard let old else { throw notLive(manifest.name, live) }
        if let problem = mismatch(old.manifest, manifest) {
            throw RPCStatus(.failedPrecondition, "\(request.file): \(problem); a graph and an index that fit it would have to come with it")
        }
        return old
    }

    static func notLive(_ name: String, _ live: [any PluginBuild]) -> RPCStatus {
        let names = live.map(\.name).sorted().joined(separator: ", ")
        return RPCStatus(.notFound, "no plugin \(name) is live; there are \(names.isEmpty ? "none" : names)")
    }

    /// What the live plugin takes and gives and the candidate does not; nil when it fits.
    static func mismatch(_ old: PluginManifest, _ new: PluginManifest) -> String? {
        for kind in old.consumes where !new.consumes.contains(kind) {
            return "the live build takes \(kind), the candidate does not"
        }
        for port in old.produces {
            guard let other = new.produces.first(where: { $0.kind == port.kind }) else {
                return "the live port \(text(port)) is missing in the candidate"
            }
            if other != port { return "the live port \(text(port)) is \(text(other)) in the candidate" }
        }
        return nil
    }

    /// "embedding f32[384] space 1a2b".
    static func text(_ port: OutputPort) -> String {
        var text = port.kind
        if !port.dtype.isEmpty { text += " \(port.dtype)[\(port.shape.map(String.init).joined(separator: ","))]" }
        if !port.spaceID.isEmpty { text += " space \(port.spaceID)" }
        return text
    }

    /// What a reader wants to know of two builds, one line each.
    static func differences(_ before: any PluginBuild, _ after: any PluginBuild) -> [String] {
        let (old, new) = (before.manifest, after.manifest)
        var lines: [String] = []
        func compare(_ name: String, _ before: String, _ after: String) {
            if before != after { lines.append("\(name): \(before.isEmpty ? "(none)" : before) → \(after.isEmpty ? "(none)" : after)") }
        }
        compare("runs", PluginPlace(of: before).rawValue, PluginPlace(of: after).rawValue)
        compare("version", old.version, new.version)
        compare("description", old.description, new.description)
        compare("takes", old.consumes.joined(separator: ", "), new.consumes.joined(separator: ", "))
        compare("gives", old.produces.map(text).joined(separator: ", "), new.produces.map(text).joined(separator: ", "))
        compare("models", old.models.map(\.path).joined(separator: ", "), new.models.map(\.path).joined(separator: ", "))
        compare(
            "options", old.options.map { "\($0.key)=\($0.defaultValue)" }.joined(separator: ", "),
            new.options.map { "\($0.key)=\($0.defaultValue)" }.joined(separator: ", "))
        compare("stateful", "\(old.stateful)", "\(new.stateful)")
        return lines
    }

    static func place(asked: String) throws(RPCStatus) -> PluginPlace? {
        guard !asked.isEmpty else { return nil }
        guard let place = PluginPlace(rawValue: asked) else {
            let all = PluginPlace.allCases.map(\.rawValue).joined(separator: " or ")
            throw RPCStatus(.invalidArgument, "a plugin runs \(all), not '\(asked)'")
        }
        return place
    }

    /// Where a candidate is to run: where it was asked for, else where the live build runs, else where the configuration says. A Swift image stays
    /// mapped for ever, so that their number is bounded.
    /// - Throws: INVALID_ARGUMENT for a program that cannot run in this process, RESOURCE_EXHAUSTED when there are too many images.
    static func place(
        of source: PluginSource, named name: String, asked: PluginPlace?, live: [any PluginBuild], configuration: ServerConfiguration,
        retiredSwiftImages: Int
    ) throws(RPCStatus) -> PluginPlace {
        guard case .library(let candidate) = source else {
            if asked == .inProcess { throw RPCStatus(.invalidArgument, "a program cannot run in_process: that is for shared objects (*.so)") }
            return .worker
        }
        let now = live.first { $0.name == name }.map { PluginPlace(of: $0) }
        let place = asked ?? now ?? configuration.plugins.first { $0.name == name }?.run ?? .inProcess
        let max = configuration.limits.retiredSwiftImagesMax
        guard place == .inProcess, !candidate.isPureC, retiredSwiftImages >= max else { return place }
        if configuration.atSwiftImagesMax == .worker { return .worker }
        throw RPCStatus(
            .resourceExhausted,
            "\(retiredSwiftImages) Swift images are retired and cannot be unloaded, which is the limit "
                + "(limits.retired_swift_images_max: \(max)): restart the server when it suits, run the plugin as a worker process "
                + "(plugins.at_swift_images_max: worker does so by itself), or raise it"
        )
    }
}

/// One change on its way: where its time goes, and whether it was given up meanwhile.
final class Attempt: @unchecked Sendable {
    // Invariant: `taken` belongs to the loader thread, `timer` to the loop; `phase` is behind its mutex.
    private enum Phase { case running, claimed, givenUp, finished }

    let ticket: UInt64
    private let loop: EventLoop
    private let msMax: Int
    private let giveUp: @Sendable (RPCStatus) -> Void
    private let phase = Lock(Phase.running)
    private var taken: [ChangeStep] = []
    private var timer: LoopTimer?

    init(ticket: UInt64, loop: EventLoop, msMax: Int, giveUp: @escaping @Sendable (RPCStatus) -> Void) {
        self.ticket = ticket
        self.loop = loop
        self.msMax = msMax
        self.giveUp = giveUp
    }

    var steps: [ChangeStep] { taken }

    func step<R, Failure: Error>(_ name: String, _ body: () throws(Failure) -> R) throws(Failure) -> R {
        let began = loop.nowUs
        let result = try body()
        taken.append(ChangeStep(name: name, tookUs: loop.nowUs - began))
        return result
    }

    /// From now on plugin code runs in this process, and may hang: after a while the change is given up, and its thread with it.
    func limitTime() {
        loop.submit { [self] in
            timer = loop.after(UInt64(msMax) * 1_000) { [self] in
                timer = nil
                let isLate = phase.withLock { phase in
                    guard phase == .running else { return false }
                    phase = .givenUp
                    return true
                }
                if isLate {
                    giveUp(RPCStatus(.deadlineExceeded, "the candidate did not start within \(msMax) ms: it was given up, and what was live stays"))
                }
            }
        }
    }

    /// The point of no return.
    /// - Returns: false when the change was given up before.
    func claim() -> Bool {
        phase.withLock { phase in
            guard phase == .running else { return false }
            phase = .claimed
            return true
        }
    }

    /// - Returns: whether the outcome is still wanted.
    func finish() -> Bool {
        loop.submit { [self] in
            timer?.cancel()
            timer = nil
        }
        return phase.withLock { phase in
            defer { phase = .finished }
            return phase != .givenUp
        }
    }
}
