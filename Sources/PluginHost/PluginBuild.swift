import Synchronization
public import Wire

/// One build of a plugin, in this process or in one of its own: what new streams go to until a newer one takes its place. Any thread.
public protocol PluginBuild: AnyObject, Sendable {
    var manifest: PluginManifest { get }
    /// The manifest's options with what the configuration says.
    var options: [String: String] { get }
    /// 1, 2, 3 … for each plugin name.
    var number: UInt32 { get }
    /// The file it came from, or a program with its arguments.
    var origin: String { get }
    /// Lower-case hexadecimal SHA-256 of that file; of a program, of the files that its arguments name.
    var sha256: String { get }
    /// Open streams on all loops.
    var openStreams: Int { get }
    var phase: BuildPhase { get }
}

extension PluginBuild {
    public var name: String { manifest.name }
}

/// How far a build is on its way out. Any thread.
public final class BuildPhase: Sendable {
    private let phase = Atomic<Int>(0)

    public init() {}

    /// A newer build has taken its place on every loop, or the plugin was unloaded.
    public var isDraining: Bool { phase.load(ordering: .acquiring) > 0 }

    /// Its time to drain is over and it is still held: by streams that are being ended, or by work that does not end.
    public var isOverdue: Bool { phase.load(ordering: .acquiring) > 1 }

    public func drain() { _ = phase.max(1, ordering: .acquiringAndReleasing) }

    public func overdue() { phase.store(2, ordering: .releasing) }
}
