import CLibuv
import Glibc

/// Calls a closure on the loop whenever an entry of a folder is made, written, renamed or removed. It looks at one folder, not below it.
public final class FolderWatcher: HandleOwner {
    public let path: String
    private var body: ((_ name: String) -> Void)?

    /// On the loop only. The watcher lives until `close` or until the loop ends.
    /// - Parameter body: gets the entry's name, "" when the system does not tell. Several calls may come for one change.
    /// - Throws: `system` for a folder that cannot be watched.
    public init(_ path: String, loop: EventLoop, _ body: @escaping (String) -> Void) throws(LoopError) {
        loop.preconditionCurrent()
        self.path = path
        self.body = body
        super.init(loop: loop)
        if loop.isStopping { throw LoopError(.closed, "cannot watch \(path): the loop \(loop.name) is stopping") }
        let watcher = UnsafeMutablePointer<uv_fs_event_t>.allocate(capacity: 1)
        let status = uv_fs_event_init(loop.uv, watcher)
        if status < 0 {
            watcher.deallocate()
            throw LoopError(uv: status, "cannot watch \(path)")
        }
        own(watcher)
        let started = uv_fs_event_start(
            watcher,
            { handle, name, _, _ in
                guard let handle, let owner = HandleOwner.from(handle, as: FolderWatcher.self) else { return }
                owner.loop.noteActivity()
                owner.body?(name.map { String(cString: $0) } ?? "")
            }, path, 0)
        if started < 0 {
            closeHandle()
            throw LoopError(uv: started, "cannot watch \(path)")
        }
    }

    /// The closure is not called any more. On the loop only.
    public func close() {
        loop.preconditionCurrent()
        body = nil
        closeHandle()
    }

    override func handleClosed() { body = nil }
}
