// Previews: the customer's picture with a product drawn on it.
//
// It owns the drawing (Canvas, pure), the shop's overlay pictures as they are needed, and the limits on what is made. It must never draw on a loop,
// keep a customer's picture, or fetch an overlay from outside the shop's folder.

public import EventLoop
import Glibc
import ImageDecoding
import Locks
public import Wire

/// Where previews end, with their units.
public struct PreviewLimits: Sendable, Equatable {
    /// Longer side of a preview.
    public var sidePixelsMax = 1_280
    /// A preview that comes out larger is made again with fewer pixels.
    public var bytesMax = 2 << 20
    /// File of an overlay, and its sides.
    public var overlayBytesMax = 4 << 20
    public var overlaySidePixelsMax = 2_048
    public var jpegQuality = 90
    /// What one preview takes on a virtual clock, microseconds.
    public var modelledCostUs: UInt64 = 12_000

    public init() {}
}

/// Draws previews on the compute pool.
public final class PreviewPainter: Sendable {
    private let folder: String
    private let compute: ComputePool
    private let limits: PreviewLimits

    /// - Parameter folder: what the overlays' names are relative to.
    public init(folder: String, compute: ComputePool, limits: PreviewLimits = PreviewLimits()) {
        self.folder = folder
        self.compute = compute
        self.limits = limits
    }

    /// The picture with `overlays` on it, as a file. Call it on a loop; the work is done off it.
    /// - Parameters:
    ///   - picture: the customer's file, whose upright pixels the overlays' places are in.
    ///   - sideMax: longer side in pixels; 0 = the painter's limit.
    /// - Throws: NOT_FOUND or FAILED_PRECONDITION for an overlay that cannot be used, INVALID_ARGUMENT for a picture that cannot,
    ///   RESOURCE_EXHAUSTED when the pool is full.
    public nonisolated(nonsending) func paint(
        _ picture: [UInt8], _ overlays: [Overlay], format: PreviewFormat, sideMax: Int
    ) async throws(RPCStatus) -> [UInt8] {
        guard let loop = EventLoop.current else { throw RPCStatus(.internalError, "a preview is asked for on a loop") }
        let result: Result<[UInt8], RPCStatus> = await withCheckedContinuation { waiting in
            let continuation = CertainContinuation<Result<[UInt8], RPCStatus>>(
                waiting, otherwise: .failure(RPCStatus(.cancelled, "the server has ended")))
            let kept = KeptPreview()
            do throws(LoopError) {
                try compute.submit(on: loop, modelledCostUs: limits.modelledCostUs) { [folder, limits] in
                    let drawn = Result { () throws(RPCStatus) -> [UInt8] in
                        try PreviewDrawing(folder: folder, limits: limits).file(picture, overlays, format, sideMax: sideMax)
                    }
                    kept.result.withLock { $0 = drawn }
                } done: { _ in
                    continuation.resume(returning: kept.result.withLock { $0 })
                }
            } catch {
                continuation.resume(returning: .failure(RPCStatus(.resourceExhausted, "\(error)")))
            }
        }
        return try result.get()
    }
}

/// What a job has drawn.
private final class KeptPreview: Sendable {
    let result = Lock<Result<[UInt8], RPCStatus>>(.failure(RPCStatus(.cancelled, "the preview was not drawn")))
}

/// One preview, on whatever thread it is asked for.
struct PreviewDrawing {
    let folder: String
    let limits: PreviewLimits

    func file(_ picture: [UInt8], _ overlays: [Overlay], _ format: PreviewFormat, sideMax: Int) throws(RPCStatus) -> [UInt8] {
        let sprites = try loaded(overlays)
        var side = sideMax == 0 ? limits.sidePixelsMax : min(sideMax, limits.sidePixelsMax)
        while true {
            do throws(ImageError) {
                var canvas = Canvas(try decoded(picture, side))
                let share = Double(canvas.image.width) / Double(max(1, canvas.image.originalWidth))
                for (overlay, sprite) in zip(overlays, sprites) { canvas.draw(sprite, overlay, share: share) }
                let file =
                    try format == .png
                    ? ImageEncoder.png(canvas.image) : ImageEncoder.jpeg(canvas.image, quality: limits.jpegQuality)
                if file.count <= limits.bytesMax || side < 64 { return file }
            } catch {
                throw RPCStatus(error == .noMemory ? .resourceExhausted : .invalidArgument, "no preview: \(error)")
            }
            side = side * 3 / 4
        }
    }

    private func decoded(_ picture: [UInt8], _ side: Int) throws(ImageError) -> DecodedImage {
        let result = picture.withUnsafeBytes { bytes in
            Result { () throws(ImageError) -> DecodedImage in try ImageDecoder.decode(bytes, fit: .full(sideMax: side)) }
        }
        return try result.get()
    }

    /// The overlays' pictures, each file read once.
    private func loaded(_ overlays: [Overlay]) throws(RPCStatus) -> [Sprite] {
        var read: [(name: String, sprite: Sprite)] = []
        var result: [Sprite] = []
        for overlay in overlays {
            if let known = read.first(where: { $0.name == overlay.image }) {
                result.append(known.sprite)
                continue
            }
            let sprite = Sprite(try load(overlay.image))
            read.append((overlay.image, sprite))
            result.append(sprite)
        }
        return result
    }

    private func load(_ name: String) throws(RPCStatus) -> ClearImage {
        guard !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
            throw RPCStatus(.failedPrecondition, "the overlay '\(name)' lies outside the shop's folder")
        }
        let path = folder.isEmpty ? name : "\(folder)/\(name)"
        guard let file = fopen(path, "rb") else { throw RPCStatus(.notFound, "the overlay '\(name)' is not there") }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: limits.overlayBytesMax + 1)
        let count = bytes.withUnsafeMutableBytes { fread($0.baseAddress, 1, $0.count, file) }
        let sides = limits.overlaySidePixelsMax
        let allowed = ImageLimits(bytesMax: limits.overlayBytesMax, pixelsMax: sides * sides, sidePixelsMax: sides)
        let result = bytes.withUnsafeBytes { all in
            Result { () throws(ImageError) -> ClearImage in
                try ClearImage(decoding: UnsafeRawBufferPointer(rebasing: all.prefix(count)), limits: allowed)
            }
        }
        do throws(ImageError) {
            return try result.get()
        } catch {
            throw RPCStatus(.failedPrecondition, "the overlay '\(name)' cannot be drawn: \(error)")
        }
    }
}
