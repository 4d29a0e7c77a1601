public import Wire

/// Windows of the lanes of one stream, in bytes. A lane's window is what the peer may have sent and not yet got back.
public struct LaneWindows: Sendable, Equatable {
    public var audioBytes: UInt32
    public var mediaBytes: UInt32
    public var videoBytes: UInt32

    public init(audioBytes: UInt32 = 256 << 10, mediaBytes: UInt32 = 8 << 20, videoBytes: UInt32 = 1 << 20) {
        self.audioBytes = audioBytes
        self.mediaBytes = mediaBytes
        self.videoBytes = videoBytes
    }

    func window(_ lane: Lane) -> UInt32 {
        switch lane {
        case .audio: audioBytes
        case .media: mediaBytes
        case .video: videoBytes
        case .control, .unspecified: .max
        }
    }
}

/// Credit of one stream, receiving side: spends what arrives, gives back what has left the ingress queue.
///
/// A byte comes back to the sender in grants of at least half a window, so that grants are few.
public struct CreditLedger: Sendable, Equatable {
    public struct Grant: Sendable, Equatable {
        public var lane: Lane
        public var bytes: UInt64
    }

    private struct Account: Sendable, Equatable {
        var held: UInt32 = 0
        var returned: UInt32 = 0
    }

    public let windows: LaneWindows
    private var audio = Account()
    private var media = Account()
    private var video = Account()

    public init(windows: LaneWindows) { self.windows = windows }

    /// Bytes arrived on a lane. Throws RESOURCE_EXHAUSTED when the peer had no credit for them.
    public mutating func spend(_ bytes: Int, on lane: Lane) throws(RPCStatus) {
        guard lane != .control else { return }
        let window = windows.window(lane)
        var account = self[lane]
        guard UInt64(account.held) + UInt64(account.returned) + UInt64(bytes) <= UInt64(window) else {
            throw RPCStatus(
                .resourceExhausted,
                "\(bytes) bytes sent on the \(lane) lane with \(window - account.held - account.returned) bytes of credit left (window \(window))")
        }
        account.held += UInt32(bytes)
        self[lane] = account
    }

    /// Bytes left the ingress queue. A grant when it is time to tell the peer.
    public mutating func giveBack(_ bytes: Int, on lane: Lane) -> Grant? {
        guard lane != .control else { return nil }
        var account = self[lane]
        precondition(Int(account.held) >= bytes, "credit given back was spent before")
        account.held -= UInt32(bytes)
        account.returned += UInt32(bytes)
        defer { self[lane] = account }
        guard account.returned >= windows.window(lane) / 2 else { return nil }
        let grant = Grant(lane: lane, bytes: UInt64(account.returned))
        account.returned = 0
        return grant
    }

    /// Bytes that arrived on a lane and are still in the ingress queue.
    public func held(on lane: Lane) -> Int { lane == .control ? 0 : Int(self[lane].held) }

    private subscript(_ lane: Lane) -> Account {
        get {
            switch lane {
            case .audio: audio
            case .media: media
            case .video: video
            case .control, .unspecified: Account()
            }
        }
        set {
            switch lane {
            case .audio: audio = newValue
            case .media: media = newValue
            case .video: video = newValue
            case .control, .unspecified: break
            }
        }
    }
}
