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
        // A file of the kernel's says that it has no bytes: read to its end.
        let all = try #require(try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/smaps")).readToEnd())
        for line in String(decoding: all, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.first?.hasSuffix(":") == false {
                protection = line.contains(file) ? String(words[1]) : nil
            } else if let protection, words.first == "Rss:" {
                found[protection, default: 0] += Int(words[1]) ?? 0
            }
        }
        return found
    }

    /// Loads a library, looks, and lets it go at the end.
    private func loaded(from runFolder: String) throws -> (PluginManifest, UnsafeRawBufferPointer, [String: Int]) {
        let library = try PluginLibrary.load("\(buildFolder)/libTextEncoder.so", runFolder: runFolder, number: 1)
        let before = try resident(runFolder)
        #expect(!library.isPureC)
        #expect(before["r-xp", default: 0] > 512, "\(before)")
        let table = library.table.pointee
        return (library.manifest, UnsafeRawBufferPointer(start: table.manifest, count: table.manifest_length), before)
    }

    @Test("keeps what was written, gives back what can be read again, and can be read again")
    func letGo() throws {
        let workshop = try Workshop()
        let file = "\(workshop.path)/run/"
        try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: true)
        let (manifest, bytes, before) = try loaded(from: file)
        let after = try resident(file)
        // What is looked at once more comes with its neighbours: 64 kB at a time.
        #expect(after["r-xp", default: 0] <= 128, "code: \(before) → \(after)")
        #expect(after["rw-p", default: 0] >= before["rw-p", default: 1], "what was written to: \(before) → \(after)")
        let again = try PluginManifest.checked(bytes)
        #expect(again == manifest)
    }
}
