import CVitrinePlugin
import Foundation
import TestSupport
import Testing
import Wire

@testable import PluginHost

@Suite("A library that carries Swift and is let go")
struct SwiftImageTests {
    /// Kilobytes that are in memory of the mappings of a file, by their protection.
    private func resident(_ file: String) throws -> [String: Int] {
        var found: [String: Int] = [:]
        var protection: String?
        for line in try String(contentsOfFile: "/proc/self/smaps", encoding: .utf8).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.first?.hasSuffix(":") == false {
                protection = line.contains(file) ? String(words[1]) : nil
            } else if let protection, words.first == "Rss:" {
                found[protection, default: 0] += Int(words[1]) ?? 0
            }
        }
        return found
    }

    @Test("keeps what was written, gives back what can be read again, and can be read again")
    func letGo() throws {
        let workshop = try Workshop()
        let file = "\(workshop.path)/run/"
        try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: true)
        var library: PluginLibrary? = try PluginLibrary.load("\(buildFolder)/libTextEncoder.so", runFolder: file, number: 1)
        let manifest = try #require(library).manifest
        let table = try #require(library).table
        let before = try resident(file)
        #expect(!(try #require(library).isPureC))
        #expect(before["r-xp", default: 0] > 0, "\(before)")
        library = nil
        let after = try resident(file)
        #expect(after["r-xp", default: 0] <= 8, "code: \(before) → \(after)")
        #expect(after["rw-p"] == before["rw-p"])
        let again = try PluginManifest.checked(UnsafeRawBufferPointer(start: table.pointee.manifest, count: table.pointee.manifest_length))
        #expect(again == manifest)
    }
}
