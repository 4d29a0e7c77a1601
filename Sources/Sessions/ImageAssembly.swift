import Wire

/// Joins the parts of one photo: a state machine that holds at most `bytesMax` bytes and one photo at a time.
struct ImageAssembly {
    private(set) var imageID: UInt64 = 0
    private(set) var nextPart: UInt32 = 0
    private(set) var bytes: [UInt8] = []

    var isEmpty: Bool { nextPart == 0 }

    enum Outcome: Equatable {
        /// The photo came whole in this one message: its original bytes can go on.
        case whole
        case incomplete
        case joined([UInt8])
    }

    /// Takes the next part. Throws INVALID_ARGUMENT for a part out of order and RESOURCE_EXHAUSTED for a photo over the limit; the photo is then
    /// dropped.
    mutating func add(imageID: UInt64, part: UInt32, last: Bool, data: UnsafeRawBufferPointer, bytesMax: Int) throws(RPCStatus) -> Outcome {
        if nextPart == 0 || imageID != self.imageID { reset(imageID) }
        guard part == nextPart else {
            let expected = nextPart
            reset(0)
            throw RPCStatus(
                .invalidArgument, "part \(part) of image \(imageID) came where part \(expected) was due; send the image again from part 0")
        }
        guard bytes.count + data.count <= bytesMax else {
            let total = bytes.count + data.count
            reset(0)
            throw RPCStatus(.resourceExhausted, "image \(imageID) has at least \(total) bytes; at most \(bytesMax) are allowed")
        }
        if last, nextPart == 0 { return .whole }
        bytes.append(contentsOf: data)
        nextPart += 1
        guard last else { return .incomplete }
        let joined = bytes
        reset(0)
        return .joined(joined)
    }

    private mutating func reset(_ id: UInt64) {
        imageID = id
        nextPart = 0
        bytes = []
    }
}
