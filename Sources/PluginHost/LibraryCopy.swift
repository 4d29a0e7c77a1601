// Unsafe: a file's bytes in a buffer, where names of libraries are written over. Invariants: the ELF parser found each name to lie in the file and to
// end there with a zero; what is written is no longer than what stood there.

import Glibc
import Locks
import Wire

/// A copy of a shared object in a folder of its own, because a loaded file must never be overwritten and dlopen gives the old code for the same path.
///
/// With it go the libraries that it brings along: those that it needs, looks for beside itself ($ORIGIN) and finds there, as plugins in Swift do
/// with PluginKit's. Such a copy goes by a name that follows from its content, and whoever needs it by that name. The dynamic linker takes a
/// library that is mapped for any that is asked for by the same name: so builds that bring the same bytes share one image, its types, and what the
/// Swift runtime has found out about them; builds that bring others have others.
struct LibraryCopy {
    /// Of this copy alone.
    let folder: String
    let path: String
    /// Libraries that it brings along, in the same folder.
    private(set) var brought: [String] = []
    /// Of the copy, lower-case hexadecimal: of the file, unless it brings libraries along; then their content counts too.
    private(set) var sha256: String
    /// Whether neither it nor what it brings along carries Swift.
    private(set) var isPureC: Bool
    private(set) var isPlugin: Bool

    /// Libraries that bring others, which bring others …, at most.
    private static let depthMax = 4

    /// Reads `source` once: what is hashed and checked is what is copied.
    /// - Parameter folder: made, with this name and the beginning of the file's hash.
    init(_ source: String, into folder: String) throws(RPCStatus) {
        let bytes = try LibraryFile.read(source)
        defer { bytes.deallocate() }
        sha256 = LibraryFile.sha256(UnsafeRawBufferPointer(bytes))
        let elf = try Self.elf(bytes, source)
        isPureC = elf.isPureC
        isPlugin = elf.isPlugin
        self.folder = "\(folder)-\(sha256.prefix(12))"
        path = "\(self.folder)/\(source.split(separator: "/").last ?? "plugin")"
        guard mkdir(self.folder, 0o700) == 0 else {
            throw RPCStatus(.failedPrecondition, "the folder \(self.folder) cannot be made: \(String(cString: strerror(errno)))")
        }
        do throws(RPCStatus) {
            try bring(elf, of: source, writing: bytes, depth: 0)
            if !brought.isEmpty { sha256 = LibraryFile.sha256(UnsafeRawBufferPointer(bytes)) }
            try LibraryFile.write(UnsafeRawBufferPointer(bytes), to: path)
        } catch {
            remove()
            throw error
        }
    }

    /// Removes the names; what is mapped stays.
    func remove() {
        for file in [path] + brought { unlink(file) }
        rmdir(folder)
    }

    /// Files that a library would bring along.
    static func beside(_ source: String) throws(RPCStatus) -> [String] {
        needs(of: try elf(of: source), at: source).map(\.file)
    }

    /// What a file says of itself, without a copy.
    static func elf(of source: String) throws(RPCStatus) -> ElfFile {
        let bytes = try LibraryFile.read(source)
        defer { bytes.deallocate() }
        return try elf(bytes, source)
    }

    private static func elf(_ bytes: UnsafeMutableRawBufferPointer, _ source: String) throws(RPCStatus) -> ElfFile {
        do {
            return try ElfFile(UnsafeRawBufferPointer(bytes))
        } catch {
            throw RPCStatus(error.code, "\(source): \(error.message)")
        }
    }

    private static func needs(of elf: ElfFile, at source: String) -> [(need: ElfFile.Need, file: String)] {
        guard elf.looksBesideItself else { return [] }
        let folder = source.lastIndex(of: "/").map { String(source[..<$0]) } ?? "."
        return elf.needs.map { ($0, "\(folder)/\($0.name)") }.filter { !$0.0.name.contains("/") && LibraryFile.isRegular($0.1) }
    }

    /// Copies what a file brings along and writes the new names into its bytes.
    private mutating func bring(_ elf: ElfFile, of source: String, writing bytes: UnsafeMutableRawBufferPointer, depth: Int) throws(RPCStatus) {
        for (need, file) in Self.needs(of: elf, at: source) {
            guard depth < Self.depthMax else {
                throw RPCStatus(.failedPrecondition, "\(source): what it brings along brings others, more than \(Self.depthMax) deep")
            }
            let name = try place(file, nameBytesMax: need.bytes.count, depth: depth).utf8
            let old = UnsafeMutableRawBufferPointer(rebasing: bytes[need.bytes])
            old.copyBytes(from: name)
            if name.count < old.count { old[name.count] = 0 }
        }
    }

    /// - Returns: the name that the copy goes by.
    private mutating func place(_ file: String, nameBytesMax: Int, depth: Int) throws(RPCStatus) -> String {
        let identity = try Identity(file)
        if let known = Self.known.withLock({ $0[file] }), known.identity == identity, let name = known.path.split(separator: "/").last {
            let target = "\(folder)/\(name)"
            if brought.contains(target) || link(known.path, target) == 0 {
                adopt(target, isPureC: known.isPureC)
                return String(name)
            }
        }
        let bytes = try LibraryFile.read(file)
        defer { bytes.deallocate() }
        let elf = try Self.elf(bytes, file)
        let before = brought.count
        try bring(elf, of: file, writing: bytes, depth: depth + 1)
        let name = String(LibraryFile.sha256(UnsafeRawBufferPointer(bytes)).prefix(nameBytesMax))
        let target = "\(folder)/\(name)"
        if !brought.contains(target) { try LibraryFile.write(UnsafeRawBufferPointer(bytes), to: target) }
        // One that brings others is looked at each time: they may have changed while it has not.
        if brought.count == before {
            Self.known.withLock { known in
                if known.count >= Self.knownMax { known.removeAll() }
                known[file] = Known(identity: identity, path: target, isPureC: elf.isPureC)
            }
        }
        adopt(target, isPureC: elf.isPureC)
        return name
    }

    private mutating func adopt(_ target: String, isPureC: Bool) {
        if !brought.contains(target) { brought.append(target) }
        self.isPureC = self.isPureC && isPureC
    }

    /// A library that was copied before: it is linked as long as it is the same file, instead of read, hashed and written for each build.
    private struct Known {
        var identity: Identity
        var path: String
        var isPureC: Bool
    }

    private static let known = Lock<[String: Known]>([:])
    private static let knownMax = 64

    /// What changes when a file is replaced or written to.
    private struct Identity: Equatable {
        private let numbers: [Int]

        init(_ path: String) throws(RPCStatus) {
            var status = stat()
            guard stat(path, &status) == 0 else { throw RPCStatus(.failedPrecondition, "\(path): \(String(cString: strerror(errno)))") }
            numbers = [
                Int(truncatingIfNeeded: status.st_dev), Int(truncatingIfNeeded: status.st_ino), Int(status.st_size), status.st_mtim.tv_sec,
                status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
            ]
        }
    }
}
