import Foundation

/// The files of a shop: where they are and how they are read. Blocks; runs on the import's own thread.
struct ImportFolder {
    /// Bytes of one line of a .jsonl file.
    static let rowBytesMax = 1 << 20
    /// Bytes of one picture.
    static let pictureBytesMax = 32 << 20
    /// Bytes of one policy or of the intents file.
    static let documentBytesMax = 4 << 20

    let path: String
    private let places: [String]

    /// `path` is the shop's folder, or the folder "catalog" within it.
    init(_ path: String) throws(StoreError) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            throw StoreError(.notFound, "\(path): no such folder to import")
        }
        self.path = path
        places = [path, path + "/catalog", path + "/.."]
        guard find("products.jsonl") != nil || find("policies") != nil || find("intents.yaml") != nil || find("orders.jsonl") != nil else {
            throw StoreError(.notFound, "\(path): has none of products.jsonl, policies, intents.yaml, orders.jsonl")
        }
    }

    /// The full path of a file or folder of that name; the parent folder counts only below a folder with products.
    func find(_ name: String) -> String? {
        for place in places {
            if place.hasSuffix("/.."), !FileManager.default.fileExists(atPath: path + "/products.jsonl") { continue }
            let candidate = place + "/" + name
            if FileManager.default.fileExists(atPath: candidate) { return candidate }
        }
        return nil
    }

    /// Names of policy files, sorted.
    func policies() throws(StoreError) -> [String] {
        guard let folder = find("policies") else { return [] }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".md") }.sorted().map { folder + "/" + $0 }
        } catch {
            throw StoreError(.unavailable, "\(folder): cannot be listed: \(error.localizedDescription)")
        }
    }

    static func read(_ path: String, bytesMax: Int) throws(RowError) -> [UInt8] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
            throw RowError("missing file \(path)")
        }
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            let data = try handle.read(upToCount: bytesMax + 1) ?? Data()
            if data.count > bytesMax { throw RowError("\(path): larger than \(bytesMax) bytes") }
            return [UInt8](data)
        } catch let error as RowError {
            throw error
        } catch {
            throw RowError("\(path): cannot be read: \(error.localizedDescription)")
        }
    }
}

/// Lines of a file, a bounded piece of it in memory at a time.
final class LineReader {
    private let handle: FileHandle
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false
    private(set) var number = 0

    init?(_ path: String) {
        guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
        self.handle = handle
    }

    /// The next line without its end; nil at the end. A line that is too long gives nil for its bytes.
    func next() throws(StoreError) -> (number: Int, bytes: [UInt8]?)? {
        var isTooLong = false
        while true {
            if let end = buffer[start...].firstIndex(of: 0x0A) {
                let line = Array(buffer[start..<end])
                start = end + 1
                number += 1
                return (number, isTooLong || line.count > ImportFolder.rowBytesMax ? nil : line)
            }
            if isAtEnd {
                if start >= buffer.count && !isTooLong { return nil }
                let line = Array(buffer[start...])
                buffer = []
                start = 0
                number += 1
                return (number, isTooLong || line.count > ImportFolder.rowBytesMax ? nil : line)
            }
            buffer.removeFirst(start)
            start = 0
            if buffer.count > ImportFolder.rowBytesMax {
                buffer = []
                isTooLong = true
            }
            do {
                let piece = try handle.read(upToCount: 1 << 16) ?? Data()
                isAtEnd = piece.isEmpty
                buffer.append(contentsOf: piece)
            } catch {
                throw StoreError(.unavailable, "reading line \(number + 1) failed: \(error.localizedDescription)")
            }
        }
    }
}
