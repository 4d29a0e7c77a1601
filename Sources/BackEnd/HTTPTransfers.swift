// Unsafe: libcurl calls back with unretained pointers. To the `Multi` (socket and timer changes): it owns the multi handle, and cleans it up in
// its own deinit. To a `Transfer` (bytes): `Multi.open` holds it until its easy handle was taken out of the multi handle. An easy handle is
// freed exactly once: in `finish`, `cancel`, `stop` or deinit. libcurl closes a socket only after it has said so (CURL_POLL_REMOVE), which ends
// its watcher first.

import CCurl
package import EventLoop

/// HTTP exchanges on one loop: libcurl drives them, the loop's descriptors and timers drive libcurl. Confined to the loop.
package final class HTTPTransfers {
    package struct Request {
        var method: BackEndRequest.Method
        var url: String
        var headers: [String]
        var body: String
        var timeoutUs: UInt64
        var connectUs: UInt64
        /// PEM; "" = the system's.
        var certificates: String
        /// Of a body that is kept.
        var answerBytesMax: Int
        /// Takes the body of a 2xx answer as it comes, which then is not kept; false = no more is wanted. May start and cancel nothing.
        var onBytes: ((UnsafeRawBufferPointer) -> Bool)?

        package init(
            method: BackEndRequest.Method, url: String, headers: [String], body: String, timeoutUs: UInt64, connectUs: UInt64, certificates: String,
            answerBytesMax: Int, onBytes: ((UnsafeRawBufferPointer) -> Bool)? = nil
        ) {
            self.method = method
            self.url = url
            self.headers = headers
            self.body = body
            self.timeoutUs = timeoutUs
            self.connectUs = connectUs
            self.certificates = certificates
            self.answerBytesMax = answerBytesMax
            self.onBytes = onBytes
        }
    }

    package struct Answer: Equatable {
        package var status: Int
        package var body: [UInt8]
    }

    /// Stands for an exchange under way.
    package struct Ticket {
        fileprivate weak var multi: Multi?
        /// Exchanges are counted: what is over never has the number of another, as its place in memory may.
        fileprivate var transfer: UInt64?

        /// Ends it, on the next tick; its `done` is told. Nothing happens to one that is over.
        package func cancel() {
            guard let multi, let transfer else { return }
            multi.cancel(transfer)
        }
    }

    private let multi: Multi

    package init(loop: EventLoop, connectionsMax: Int) {
        _ = Self.library
        multi = Multi(loop: loop, connectionsMax: connectionsMax)
    }

    /// `done` is called once, on the loop, never from within this call.
    @discardableResult
    package func start(_ request: Request, done: @escaping (Result<Answer, BackEndFailure>) -> Void) -> Ticket { multi.start(request, done) }

    /// Once a process, before any thread uses it.
    private static let library: Void = {
        curl_global_init(Int(CURL_GLOBAL_DEFAULT))
    }()
}

/// One exchange under way.
private final class Transfer {
    let number: UInt64
    let easy: UnsafeMutableRawPointer
    let headers: UnsafeMutablePointer<curl_slist>?
    let bytesMax: Int
    let onBytes: ((UnsafeRawBufferPointer) -> Bool)?
    let done: (Result<HTTPTransfers.Answer, BackEndFailure>) -> Void
    var body: [UInt8] = []
    var isTooLarge = false
    var isUnwanted = false

    init(
        number: UInt64, easy: UnsafeMutableRawPointer, headers: UnsafeMutablePointer<curl_slist>?, bytesMax: Int,
        onBytes: ((UnsafeRawBufferPointer) -> Bool)?, done: @escaping (Result<HTTPTransfers.Answer, BackEndFailure>) -> Void
    ) {
        self.number = number
        self.easy = easy
        self.headers = headers
        self.bytesMax = bytesMax
        self.onBytes = onBytes
        self.done = done
    }

    /// - Returns: whether they were taken.
    func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if let onBytes, (200..<300).contains(vitrine_curl_status(easy)) {
            isUnwanted = !onBytes(bytes)
            return !isUnwanted
        }
        isTooLarge = body.count + bytes.count > bytesMax
        if !isTooLarge { body.append(contentsOf: bytes) }
        return !isTooLarge
    }

    func free() {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headers)
    }
}

fileprivate final class Multi {
    private let loop: EventLoop
    private let handle: UnsafeMutableRawPointer
    private var open: [UnsafeMutableRawPointer: Transfer] = [:]
    private var watchers: [Int32: DescriptorWatcher] = [:]
    private var timer: LoopTimer?
    private var started: UInt64 = 0
    private var isStopped = false
    private var hook: LoopStopHook?

    init(loop: EventLoop, connectionsMax: Int) {
        guard let made = curl_multi_init() else { preconditionFailure("the system has memory for libcurl's handle") }
        self.loop = loop
        handle = made
        // Not every exchange has a socket yet that would be told.
        do throws(LoopError) { hook = try LoopStopHook(loop: loop) { [weak self] in self?.stop() } } catch { isStopped = true }
        let context = Unmanaged.passUnretained(self).toOpaque()
        vitrine_curl_set_connections(handle, connectionsMax)
        vitrine_curl_on_socket(
            handle,
            { _, descriptor, what, context, _ in
                guard let context else { return 0 }
                Unmanaged<Multi>.fromOpaque(context).takeUnretainedValue().socketChanged(descriptor, what)
                return 0
            }, context)
        vitrine_curl_on_timer(
            handle,
            { _, ms, context in
                guard let context else { return 0 }
                Unmanaged<Multi>.fromOpaque(context).takeUnretainedValue().timerChanged(ms)
                return 0
            }, context)
    }

    deinit {
        // No transfer is left: each holds its caller's closure, which holds whoever holds this.
        for transfer in inOrder {
            curl_multi_remove_handle(handle, transfer.easy)
            transfer.free()
        }
        curl_multi_cleanup(handle)
    }

    private var inOrder: [Transfer] { open.values.sorted { UInt(bitPattern: $0.easy) < UInt(bitPattern: $1.easy) } }

    func start(_ request: HTTPTransfers.Request, _ done: @escaping (Result<HTTPTransfers.Answer, BackEndFailure>) -> Void) -> HTTPTransfers.Ticket {
        loop.preconditionCurrent()
        guard !isStopped, let easy = curl_easy_init() else {
            loop.nextTick { done(.failure(BackEndFailure(.stopped, "the loop is stopping", mayHaveActed: false))) }
            return HTTPTransfers.Ticket()
        }
        var headers: UnsafeMutablePointer<curl_slist>?
        for header in request.headers { headers = curl_slist_append(headers, header) }
        started += 1
        let transfer = Transfer(
            number: started, easy: easy, headers: headers, bytesMax: request.answerBytesMax, onBytes: request.onBytes, done: done)
        let status = Multi.configure(easy, request, transfer)
        guard status == CURLE_OK else {
            transfer.free()
            let why = String(cString: curl_easy_strerror(status))
            loop.nextTick { done(.failure(BackEndFailure(.unreachable, "libcurl does not take the request: \(why)", mayHaveActed: false))) }
            return HTTPTransfers.Ticket()
        }
        open[easy] = transfer
        // Sets a timer of no length; the transfer begins when that fires.
        curl_multi_add_handle(handle, easy)
        return HTTPTransfers.Ticket(multi: self, transfer: transfer.number)
    }

    /// On the next tick, since whoever asks may have been called by libcurl.
    func cancel(_ wanted: UInt64) {
        loop.nextTick { [weak self] in
            guard let self, let transfer = open.values.first(where: { $0.number == wanted }) else { return }
            open.removeValue(forKey: transfer.easy)
            curl_multi_remove_handle(handle, transfer.easy)
            transfer.free()
            transfer.done(.failure(BackEndFailure(.stopped, "it was cancelled", mayHaveActed: true)))
        }
    }

    private static func configure(_ easy: UnsafeMutableRawPointer, _ request: HTTPTransfers.Request, _ transfer: Transfer) -> CURLcode {
        func milliseconds(_ us: UInt64) -> Int { Int(clamping: max(1, us / 1_000)) }
        let numbers: [(CURLoption, Int)] = [
            (CURLOPT_NOSIGNAL, 1), (CURLOPT_FOLLOWLOCATION, 0), (CURLOPT_TIMEOUT_MS, milliseconds(request.timeoutUs)),
            (CURLOPT_CONNECTTIMEOUT_MS, milliseconds(request.connectUs)),
        ]
        for (option, value) in numbers {
            let status = vitrine_curl_set_number(easy, option, value)
            if status != CURLE_OK { return status }
        }
        // A proxy of the environment, or a file: or ftp: address, is nothing that the configuration says.
        var texts: [(CURLoption, String)] = [(CURLOPT_URL, request.url), (CURLOPT_PROTOCOLS_STR, "http,https"), (CURLOPT_PROXY, "")]
        if !request.certificates.isEmpty { texts.append((CURLOPT_CAINFO, request.certificates)) }
        for (option, value) in texts {
            let status = vitrine_curl_set_text(easy, option, value)
            if status != CURLE_OK { return status }
        }
        if request.method == .post {
            let status = vitrine_curl_set_body(easy, request.body, request.body.utf8.count)
            if status != CURLE_OK { return status }
        }
        let listed = vitrine_curl_set_list(easy, CURLOPT_HTTPHEADER, transfer.headers)
        if listed != CURLE_OK { return listed }
        return vitrine_curl_on_bytes(
            easy,
            { bytes, size, count, context in
                guard let bytes, let context else { return 0 }
                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                let length = size * count
                return transfer.take(UnsafeRawBufferPointer(start: bytes, count: length)) ? length : 0
            }, Unmanaged.passUnretained(transfer).toOpaque())
    }

    // MARK: What libcurl wants; called from within its functions, so none of them may be called here

    private func socketChanged(_ descriptor: Int32, _ what: Int32) {
        guard what != CURL_POLL_REMOVE else {
            watchers.removeValue(forKey: descriptor)?.close()
            return
        }
        do throws(LoopError) {
            if watchers[descriptor] == nil { watchers[descriptor] = try watch(descriptor) }
            try watchers[descriptor]?.watch(readable: what & CURL_POLL_IN != 0, writable: what & CURL_POLL_OUT != 0)
        } catch {
            // libcurl hears of it as an error of the socket, once it is not within its own function.
            loop.nextTick { [weak self] in self?.act(descriptor, CURL_CSELECT_ERR) }
        }
    }

    private func watch(_ descriptor: Int32) throws(LoopError) -> DescriptorWatcher {
        try DescriptorWatcher(descriptor, loop: loop) { [weak self] ready in
            let events =
                (ready.isReadable ? CURL_CSELECT_IN : 0) | (ready.isWritable ? CURL_CSELECT_OUT : 0) | (ready.isBroken ? CURL_CSELECT_ERR : 0)
            self?.act(descriptor, events)
        }
    }

    private func timerChanged(_ ms: Int) {
        timer?.cancel()
        timer = ms < 0 || isStopped ? nil : loop.after(UInt64(ms) * 1_000) { [weak self] in self?.act(CURL_SOCKET_BAD, 0) }
    }

    // MARK: What happened

    private func act(_ descriptor: Int32, _ events: Int32) {
        guard !isStopped else { return }
        var running: Int32 = 0
        // CURL_SOCKET_TIMEOUT is CURL_SOCKET_BAD under another name.
        curl_multi_socket_action(handle, descriptor, events, &running)
        var left: Int32 = 0
        while let message = curl_multi_info_read(handle, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            finish(easy, message.pointee.data.result)
        }
    }

    private func finish(_ easy: UnsafeMutableRawPointer, _ code: CURLcode) {
        guard let transfer = open.removeValue(forKey: easy) else { return }
        let status = vitrine_curl_status(easy)
        let wasSent = vitrine_curl_request_bytes(easy) > 0
        curl_multi_remove_handle(handle, easy)
        transfer.free()
        guard code != CURLE_OK else {
            transfer.done(.success(HTTPTransfers.Answer(status: status, body: transfer.body)))
            return
        }
        let why = String(cString: curl_easy_strerror(code))
        let failure =
            switch code {
            case CURLE_WRITE_ERROR where transfer.isTooLarge:
                BackEndFailure(.answerTooLarge, "the answer is longer than \(transfer.bytesMax) bytes", mayHaveActed: true)
            case CURLE_WRITE_ERROR where transfer.isUnwanted: BackEndFailure(.stopped, "no more of it was wanted", mayHaveActed: true)
            case CURLE_OPERATION_TIMEDOUT: BackEndFailure(.timedOut, "no answer in time", mayHaveActed: wasSent)
            case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION:
                BackEndFailure(.unreachable, why, mayHaveActed: false)
            default: BackEndFailure(wasSent ? .rubbish : .unreachable, why, mayHaveActed: wasSent)
            }
        transfer.done(.failure(failure))
    }

    /// The loop ends: nobody will hear of an answer.
    private func stop() {
        guard !isStopped else { return }
        isStopped = true
        timer?.cancel()
        timer = nil
        let left = inOrder
        open = [:]
        for transfer in left {
            curl_multi_remove_handle(handle, transfer.easy)
            transfer.free()
            transfer.done(.failure(BackEndFailure(.stopped, "the server is stopping", mayHaveActed: true)))
        }
    }
}
