extension FramePeek {
    /// The body's bytes within the frame that was peeked.
    public func contents(in frame: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: frame[bodyRange]) }
}

extension MessagePeek {
    /// The kind's bytes within the message that was peeked.
    public func contents(in message: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: message[kindRange]) }
}
