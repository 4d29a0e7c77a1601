import Glibc
import Synchronization

extension EventLoop {
    /// Actors with this loop as their `unownedExecutor`, and tasks with it as their executor preference, run here.
    public func enqueue(_ job: consuming ExecutorJob) { push(.job(UnownedJob(job))) }

    public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    public func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }

    public func checkIsolated() { preconditionCurrent() }

    public func isIsolatingCurrentContext() -> Bool? { isCurrent }

    /// Whether the caller runs on this loop's thread.
    ///
    /// Never inlined: a thread id read once and kept across a suspension point would be that of another thread.
    public var isCurrent: Bool {
        @inline(never) get { threadID.load(ordering: .relaxed) == UInt(pthread_self()) }
    }

    /// The loop whose thread the caller runs on.
    public static var current: EventLoop? {
        @inline(never) get {
            guard let context = pthread_getspecific(currentKey) else { return nil }
            return Unmanaged<EventLoop>.fromOpaque(context).takeUnretainedValue()
        }
    }

    /// Stops the process if the caller is not on this loop: touching a loop's objects elsewhere is a broken invariant.
    public func preconditionCurrent(_ what: StaticString = #function) {
        precondition(isCurrent, "\(what) is called on its loop only")
    }

    /// The calling thread, which drives several loops, turns to this one …
    func enter() {
        threadID.store(UInt(pthread_self()), ordering: .relaxed)
        Self.enter(self)
    }

    /// … and away from it.
    func leave() {
        threadID.store(0, ordering: .relaxed)
        Self.enter(nil)
    }

    static func enter(_ loop: EventLoop?) {
        // Unretained: the thread holds the loop until it has left it.
        pthread_setspecific(currentKey, loop.map { UnsafeRawPointer(Unmanaged.passUnretained($0).toOpaque()) })
    }

    private static let currentKey: pthread_key_t = {
        var key = pthread_key_t()
        let status = pthread_key_create(&key, nil)
        precondition(status == 0, "the process has a thread key left for the current loop")
        return key
    }()
}
