import CSodium
import Glibc
import Locks
import Synchronization
import Wire

/// The thread that writes recordings. One for a server: it makes keys, hashes, seals and waits for the disk, so that no loop does.
public final class RecordingWriter: Sendable {
    public let folder: RecordingFolder
    public let limits: RecordingLimits
    let observer: any RecordingObserver
    private let queue: Lock<Queue>
    private let count = Atomic<Int>(0)
    private let open: @Sendable (String) throws(RPCStatus) -> any RecordingOutput

    /// The thread's nice value, on Linux its own.
    private static let nice: Int32 = 10

    private struct Queue {
        var recorders: [Recorder] = []
        var isClosing = false
        var thread: pthread_t?
    }

    /// Starts the thread. The folder is made when the first recording is.
    public convenience init(folder: RecordingFolder, limits: RecordingLimits = RecordingLimits(), observer: any RecordingObserver) {
        self.init(folder: folder, limits: limits, observer: observer) { (path) throws(RPCStatus) in try FileOutput(creating: path) }
    }

    /// - Parameter open: makes a recording's file.
    init(
        folder: RecordingFolder, limits: RecordingLimits, observer: any RecordingObserver,
        open: @escaping @Sendable (String) throws(RPCStatus) -> any RecordingOutput
    ) {
        self.folder = folder
        self.limits = limits
        self.observer = observer
        self.open = open
        queue = Lock(Queue())
        let thread = start()
        queue.withLock { $0.thread = thread }
    }

    /// Begins to record a session; nil when as many as may be are recorded already. Never waits.
    public func begin(_ start: RecordingStart) -> Recorder? {
        guard count.add(1, ordering: .relaxed).newValue <= limits.recordingsMax else {
            count.subtract(1, ordering: .relaxed)
            observer.recordingRefused(
                session: start.sessionID, message: "\(limits.recordingsMax) recordings are being written, which is the limit")
            return nil
        }
        let recorder = Recorder(start, writer: self, queueBytesMax: limits.queueBytesMax)
        observer.recordingBegan(session: start.sessionID)
        return recorder
    }

    /// Writes what waits, closes what is open, ends the thread. Blocks; afterwards nothing is written.
    public func close() {
        let thread = queue.withLock { queue -> pthread_t? in
            queue.isClosing = true
            return exchange(&queue.thread, with: nil)
        }
        queue.signal()
        if let thread { pthread_join(thread, nil) }
    }

    func enqueue(_ recorder: Recorder) {
        let wasEmpty = queue.withLock { queue -> Bool in
            queue.recorders.append(recorder)
            return queue.recorders.count == 1
        }
        if wasEmpty { queue.signal() }
    }

    // MARK: On the thread

    private func start() -> pthread_t {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self)
        let status = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<RecordingWriter>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        precondition(status == 0, "the system gives a thread for the recordings")
        return thread
    }

    private func run() {
        vitrine_name_writer_thread()
        // Recordings may wait, conversations may not: who is pinned to one core with this thread goes first. Refusal costs only that.
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, RecordingWriter.nice)
        blockFileSizeSignal()
        var hashes = FileHashes()
        var writings: [ObjectIdentifier: RecordingInProgress] = [:]
        // In the order of their beginning, for the end.
        var order: [ObjectIdentifier] = []
        while true {
            let (batch, isClosing) = queue.wait { queue -> ([Recorder], Bool)? in
                guard !queue.recorders.isEmpty || queue.isClosing else { return nil }
                return (exchange(&queue.recorders, with: []), queue.isClosing)
            }
            for recorder in batch where !recorder.isClosed {
                let id = ObjectIdentifier(recorder)
                let writing: RecordingInProgress
                if let known = writings[id] {
                    writing = known
                } else {
                    writing = RecordingInProgress(recorder)
                    writings[id] = writing
                    order.append(id)
                }
                flush(writing, &hashes)
                if writing.isClosed {
                    writings[id] = nil
                    order.removeAll { $0 == id }
                    count.subtract(1, ordering: .relaxed)
                }
            }
            guard isClosing else {
                // Lets more come together: a write for each record would cost more than the records.
                usleep(UInt32(limits.flushMs) * 1_000)
                continue
            }
            guard batch.isEmpty else { continue }
            for id in order { writings[id]?.close(.serverStopped, "", observer) }
            return
        }
    }

    private func flush(_ writing: RecordingInProgress, _ hashes: inout FileHashes) {
        let pending = writing.take()
        if !writing.isOpen, !writing.isClosed {
            do throws(RPCStatus) {
                try FileAccess.makeFolder(folder.path)
                let start = writing.recorder.start
                let key = try folder.keys.makeKey(for: start.subject)
                let encoder = RecordingEncoder(hashes.header(start), key: key)
                writing.begin(encoder, try open(folder.file(session: start.sessionID)))
            } catch {
                writing.abandon(error, observer)
            }
        }
        writing.write(pending, limits, &hashes, observer)
    }

    /// Beyond RLIMIT_FSIZE a write must fail, not end the process.
    private func blockFileSizeSignal() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGXFSZ)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}

/// Where a recording's bytes go. Called on the writer's thread.
protocol RecordingOutput: AnyObject {
    /// Appends: (bytes written, errno or 0).
    func write(_ bytes: UnsafeRawBufferPointer) -> (written: Int, error: Int32)
    /// Cuts back to `size` bytes; the next write goes there. False when that fails.
    func truncate(to size: UInt64) -> Bool
    /// Waits for the disk, then closes.
    func close()
}

final class FileOutput: RecordingOutput {
    private let descriptor: Int32

    init(creating path: String) throws(RPCStatus) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileAccess.failure(path, "cannot be made") }
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> (written: Int, error: Int32) { FileAccess.write(descriptor, bytes) }

    func truncate(to size: UInt64) -> Bool { ftruncate(descriptor, off_t(clamping: size)) == 0 }

    func close() {
        fdatasync(descriptor)
        Glibc.close(descriptor)
    }
}
