// PluginKit: what a Swift plugin imports.
//
// It turns the C ABI (CVitrinePlugin) into Swift: a class per instance, an object per stream, closures for
// completions. It owns, for one instance, the table of its streams and of the closures that wait for an operation.
// It must never keep process-wide state (several generations of a plugin live in one process), start a thread, let
// a Swift object, error or closure cross the ABI, or depend on anything but CVitrinePlugin and Wire.

public import Wire

/// Why a plugin refuses a stream or a message, or what became of an operation.
public struct PluginError: Error, Sendable, Equatable, CustomStringConvertible {
    public var status: RPCStatus

    public init(_ code: StatusCode, _ message: String) {
        status = RPCStatus(code, message)
    }

    public init(_ status: RPCStatus) {
        self.status = status
    }

    public var description: String { status.description }
}

/// One instance of a plugin: made once per loop and generation, called on that loop only.
///
/// Keep tables, vocabularies and model handles here; keep what belongs to one conversation in the `StreamHandler`.
public protocol VitrinePlugin: AnyObject {
    /// What the plugin is, takes, gives and needs. Read once, when the library is loaded.
    static var manifest: PluginManifest { get }

    /// The models that the manifest names are compiled by now. May read files; it runs before any stream is open.
    /// - Throws: a `PluginError` that says what is missing; the plugin is then not loaded.
    init(host: HostServices) throws(PluginError)

    /// A turn or an utterance begins.
    /// - Throws: a `PluginError` to refuse the stream with that status.
    func open(_ stream: PluginStream) throws(PluginError) -> any StreamHandler

    /// Run in a probe process before the plugin goes live.
    /// - Throws: a `PluginError` that says what does not work.
    func selfTest() throws(PluginError)
}

extension VitrinePlugin {
    public func selfTest() throws(PluginError) {}
}

/// One stream's side of a plugin. Confined to the loop; every call returns soon and never blocks.
public protocol StreamHandler: AnyObject {
    /// A message has come.
    /// - Throws: a `PluginError` to close the stream with that status. For an input that cannot be used while the
    ///   stream can go on, emit an `InputProblem` instead.
    func receive(_ message: InputMessage) throws(PluginError)

    /// Nothing more will come: finish what is there, emit it, then call `stream.close()`.
    func halfClosed()

    /// Nothing more is wanted. Closures that wait for an operation get CANCELLED afterwards; emitting is over.
    func cancelled()

    /// The handler itself if it is a `StateHandOver`, which says so by itself: there is nothing to implement.
    var stateHandOver: (any StateHandOver)? { get }
}

extension StreamHandler {
    public func cancelled() {}
    public var stateHandOver: (any StateHandOver)? { nil }
}

/// A stream's handler that can hand its state to the next build of the plugin, so that a swap moves the stream in its middle.
///
/// A plugin whose manifest says `stateful: false` has its streams moved without this.
public protocol StateHandOver: StreamHandler {
    /// What the next build needs to go on; asked only when no operation of the stream is under way and all it emitted was delivered.
    /// - Throws: UNAVAILABLE for "not now" (it is asked again when the stream rests next); anything else means never, and the stream ends here.
    func exportState() throws(PluginError) -> [UInt8]

    /// What an earlier build exported, right after the stream was opened here. Untrusted: it may be of any earlier version.
    /// - Throws: anything when it cannot be used; the stream then goes on in the earlier build.
    func importState(_ bytes: UnsafeRawBufferPointer) throws(PluginError)
}

extension StateHandOver {
    // Found by the compiler: a cast would search the conformances of every build that is still mapped, on the loop and in the middle of a swap.
    public var stateHandOver: (any StateHandOver)? { self }
}
