import Glibc
import Wire

/// SHA-256 of files that recordings name, each computed once while it does not change. Confined to the writer's thread: models take seconds.
struct FileHashes {
    private struct Identity: Hashable {
        var path: String
        var inode: UInt64
        var bytes: Int64
        var changedNs: Int64
    }

    private var known: [Identity: String] = [:]

    /// Largest file hashed: 4 GiB.
    private static let fileBytesMax = 4 << 30

    mutating func header(_ start: RecordingStart) -> RecordingHeader {
        var header = RecordingHeader()
        header.sessionID = start.sessionID
        header.seed = start.seed
        header.startedUnixUs = FileHashes.nowUs()
        header.serverVersion = start.versions.serverVersion
        header.openvinoVersion = start.versions.openvinoVersion
        header.instructionSet = start.versions.instructionSet
        header.precision = start.versions.precision
        header.models = start.versions.models.map { hash($0) }
        header.plugins = start.versions.plugins
        header.graph = start.versions.graph.map { hash($0) }
        header.configuration = start.versions.configuration.map { hash($0) }
        header.catalogue = start.versions.catalogue
        header.consent = start.consent
        return header
    }

    mutating func marker(_ versions: RecordedVersions) -> RecordingMarker {
        RecordingMarker(
            kind: .deployment, plugins: versions.plugins, graph: versions.graph.map { hash($0) }, catalogue: versions.catalogue,
            models: versions.models.map { hash($0) })
    }

    /// A file that cannot be read has an empty hash: the recording is worth having all the same. Of OpenVINO's IR the weights count as well.
    private mutating func hash(_ file: RecordedFile) -> NamedHash {
        let paths = file.path.hasSuffix(".xml") ? [file.path, file.path.dropLast(4) + ".bin"] : [file.path]
        let hashes = paths.map { hash(path: $0) }
        return NamedHash(
            name: file.name, sha256: hashes.count == 1 || hashes.contains("") ? hashes[0] : Sodium.sha256(Array(hashes.joined().utf8)))
    }

    private mutating func hash(path: String) -> String {
        var status = stat()
        guard stat(path, &status) == 0 else { return "" }
        let identity = Identity(
            path: path, inode: UInt64(status.st_ino), bytes: Int64(status.st_size),
            changedNs: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec))
        if let hash = known[identity] { return hash }
        guard let bytes = try? FileAccess.read(path, bytesMax: FileHashes.fileBytesMax) else { return "" }
        let hash = Sodium.sha256(bytes)
        known[identity] = hash
        return hash
    }

    /// The wall clock, for people who read a recording: nothing is computed from it.
    private static func nowUs() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1_000
    }
}
