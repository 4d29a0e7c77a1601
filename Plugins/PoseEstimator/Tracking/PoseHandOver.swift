import PluginKit
import Wire

/// What the next build needs to go on following a camera: where things are, and what their landmarks are smoothed with.
///
/// As bytes, all numbers little-endian, floating-point ones of 64 bits, an optional number as a count (1 byte, 0 or 1) and itself: version (1),
/// picture's width and height as 0 or 2 numbers (count 1, 4 each), time of the last picture (optional 8), of the last irises (optional 8), last id
/// (4), of each chain when it was last searched (optional 8) and until when every picture is (8), then the figures that are followed (count 2),
/// each: chain (1), id (4), region, share of the right hand, whether it moved (1), where the face was (optional region), irises (count 1, x and y
/// each), time (8) and values (count 2, value and speed each) of the smoothing. A region is x, y, side and rotation. A body is measured anew in the
/// next picture.
extension PoseTracker {
    static var version: UInt8 { 1 }
    /// Above what options allow to be followed.
    static var tracksMax: Int { 32 }

    func exported() -> [UInt8] {
        var writer = StateWriter(version: PoseTracker.version)
        writer.list(size) { $0.put(UInt32(clamping: $1)) }
        writer.list(lastUs) { $0.put($1) }
        writer.list(irisUs) { $0.put($1) }
        writer.put(lastID)
        for search in searches {
            writer.list(search.lastUs) { $0.put($1) }
            writer.put(search.urgentUntilUs)
        }
        writer.put(UInt16(clamping: tracks.count))
        for track in tracks.prefix(Int(UInt16.max)) {
            writer.put(UInt8(track.kind.rawValue))
            writer.put(track.id)
            writer.put(track.region)
            writer.put(track.rightHand)
            writer.put(UInt8(track.moved ? 1 : 0))
            writer.list(track.face) { $0.put($1) }
            writer.list(track.irises) { $0.put([$1.x, $1.y]) }
            writer.put(track.smoother)
        }
        return writer.bytes
    }

    /// Goes on from what another build exported; one of another version begins anew, since what is lost is found again.
    /// - Throws: INVALID_ARGUMENT when the bytes are not what this version writes.
    mutating func resume(_ bytes: UnsafeRawBufferPointer) throws(PluginError) {
        guard bytes.first == PoseTracker.version else { return }
        var reader = StateReader(bytes)
        var resumed = PoseTracker(options: options)
        resumed.size = try reader.list(max: 2) { reader throws(PluginError) in Int(try reader.number(UInt32.self)) }
        resumed.lastUs = try reader.list(max: 1) { reader throws(PluginError) in try reader.number(UInt64.self) }.first
        resumed.irisUs = try reader.list(max: 1) { reader throws(PluginError) in try reader.number(UInt64.self) }.first
        resumed.lastID = try reader.number(UInt32.self)
        for index in resumed.searches.indices {
            resumed.searches[index].lastUs = try reader.list(max: 1) { reader throws(PluginError) in try reader.number(UInt64.self) }.first
            resumed.searches[index].urgentUntilUs = try reader.number(UInt64.self)
        }
        let count = Int(try reader.number(UInt16.self))
        guard count <= PoseTracker.tracksMax else { throw StateReader.wrong }
        for _ in 0..<count {
            guard let kind = PoseChainKind(rawValue: Int(try reader.number(UInt8.self))) else { throw StateReader.wrong }
            var track = Track(kind: kind, id: try reader.number(UInt32.self), region: try reader.region(), rightHand: try reader.value())
            track.moved = try reader.number(UInt8.self) == 1
            track.face = try reader.list(max: 1) { reader throws(PluginError) in try reader.region() }.first
            track.irises = try reader.list(max: 10) { reader throws(PluginError) in Place(x: try reader.value(), y: try reader.value()) }
            track.smoother = try reader.smoother()
            // Options may allow fewer than the build before.
            if resumed.tracks.count(where: { $0.kind == kind }) < options.figuresMax(kind, video: true) { resumed.tracks.append(track) }
        }
        guard reader.isAtEnd else { throw StateReader.wrong }
        self = resumed
    }
}

private struct StateWriter {
    private(set) var bytes: [UInt8]

    init(version: UInt8) { bytes = [version] }

    mutating func put<Number: FixedWidthInteger>(_ number: Number) { withUnsafeBytes(of: number.littleEndian) { bytes += $0 } }

    mutating func put(_ value: Double) { put(value.bitPattern) }

    mutating func put(_ values: [Double]) { for value in values { put(value) } }

    mutating func put(_ region: Region) { put([region.centre.x, region.centre.y, region.side, region.rotation]) }

    mutating func put(_ smoother: LandmarkSmoother) {
        put(smoother.lastUs)
        put(UInt16(clamping: smoother.filters.count))
        for filter in smoother.filters.prefix(Int(UInt16.max)) { put([filter.value, filter.speed]) }
    }

    mutating func list<Element>(_ elements: [Element], _ each: (inout StateWriter, Element) -> Void) {
        put(UInt8(clamping: elements.count))
        for element in elements.prefix(Int(UInt8.max)) { each(&self, element) }
    }

    mutating func list<Element>(_ element: Element?, _ each: (inout StateWriter, Element) -> Void) { list(element.map { [$0] } ?? [], each) }
}

private struct StateReader {
    private let bytes: UnsafeRawBufferPointer
    private var at = 1

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    static var wrong: PluginError { PluginError(.invalidArgument, "the state is not what the pose estimator writes") }
    /// Three values a landmark; a face has most.
    private static let filtersMax = 3 * 512

    var isAtEnd: Bool { at == bytes.count }

    mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type) throws(PluginError) -> Number {
        guard bytes.count - at >= MemoryLayout<Number>.size else { throw Self.wrong }
        defer { at += MemoryLayout<Number>.size }
        return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: Number.self))
    }

    mutating func value() throws(PluginError) -> Double {
        let value = Double(bitPattern: try number(UInt64.self))
        guard value.isFinite else { throw Self.wrong }
        return value
    }

    mutating func region() throws(PluginError) -> Region {
        let region = Region(centre: Place(x: try value(), y: try value()), side: try value(), rotation: try value())
        guard region.isUsable else { throw Self.wrong }
        return region
    }

    mutating func smoother() throws(PluginError) -> LandmarkSmoother {
        let lastUs = try number(UInt64.self)
        let count = Int(try number(UInt16.self))
        guard count <= Self.filtersMax else { throw Self.wrong }
        var filters: [OneEuroFilter] = []
        for _ in 0..<count { filters.append(OneEuroFilter(try value(), speed: try value())) }
        return LandmarkSmoother(filters: filters, lastUs: lastUs)
    }

    mutating func list<Element>(max: Int, _ each: (inout StateReader) throws(PluginError) -> Element) throws(PluginError) -> [Element] {
        let count = Int(try number(UInt8.self))
        guard count <= max else { throw Self.wrong }
        var elements: [Element] = []
        for _ in 0..<count { elements.append(try each(&self)) }
        return elements
    }
}

/// A camera moves to the next build between two of its pictures.
extension PoseStream: StateHandOver {
    func exportState() throws(PluginError) -> [UInt8] {
        guard !isFollowing else { throw PluginError(.unavailable, "a picture is being worked on") }
        return tracker.exported()
    }

    func importState(_ bytes: UnsafeRawBufferPointer) throws(PluginError) { try tracker.resume(bytes) }
}
