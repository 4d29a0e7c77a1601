import Glibc

/// Where this build's programs and libraries are: beside the test bundle.
public let buildFolder: String = {
    // The bundle is one of the files that this process has mapped.
    guard let maps = fopen("/proc/self/maps", "r") else { return "" }
    defer { fclose(maps) }
    var line = [CChar](repeating: 0, count: 4_096)
    while fgets(&line, Int32(line.count), maps) != nil {
        let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        guard let start = text.firstIndex(of: "/"), let end = text.firstRange(of: "PackageTests.xctest") else { continue }
        let path = text[start..<end.lowerBound]
        return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }
    return ""
}()
