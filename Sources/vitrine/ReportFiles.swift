import ArgumentParser
import Foundation
import Replay
import Server
import Wire

/// Where reports go, and what they say of the server.
struct ReportFiles: ParsableArguments {
    @Option(help: ArgumentHelp("Write JUnit XML.", valueName: "file"))
    var junit: String?

    @Option(help: ArgumentHelp("Write everything that came as JSON; '-' = standard output.", valueName: "file"))
    var json: String?

    @Option(help: ArgumentHelp("Write one self-contained page with timelines, sounds and pictures.", valueName: "file"))
    var html: String?

    @Option(help: ArgumentHelp("The shop's catalogue folder (with products.jsonl), to show products in the page.", valueName: "folder"))
    var catalog: String?

    @Option(help: ArgumentHelp("The server's admin socket, to name the plugins' versions in the reports.", valueName: "path"))
    var adminSocket: String?

    /// - Parameter inProcess: what the server in this process has loaded; nil = it is asked for, where that is possible.
    func versions(_ inProcess: ListPluginsReply?) throws -> [NamedVersion] {
        var versions = [NamedVersion(name: "vitrine", version: ServerVersion.text)]
        var live = inProcess
        if live == nil, let adminSocket {
            let connection = try AdminConnection.parse(["--admin-socket", adminSocket])
            live = try connection.call(.adminListPlugins, ListPluginsRequest().encoded()) { try ListPluginsReply(decoding: $0) }
        }
        guard let reply = live else { return versions }
        for plugin in reply.plugins where plugin.state == "live" {
            versions.append(NamedVersion(name: plugin.manifest?.name ?? "?", version: plugin.manifest?.version ?? "?", sha256: plugin.sha256))
        }
        return versions
    }

    func write(_ report: ReplayReport, _ assets: ScriptAssets) throws {
        if let junit { try Self.put(JUnitReport.xml(report), junit) }
        if let json { try Self.put(try report.json(), json) }
        if let html { try Self.put(HTMLReport.page(report, media: try assets.media(), products: try pictures(report)), html) }
    }

    /// Writes a file; '-' = standard output.
    static func put(_ text: String, _ path: String) throws {
        if path == "-" { return vitrine.write(text, to: 1) }
        do {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        } catch {
            throw Environment.fail("\(path) cannot be written: \(error.localizedDescription)", code: ReplayCommand.Exit.cannotWrite)
        }
    }

    /// What the products that were shown look like.
    private func pictures(_ report: ReplayReport) throws -> [String: HTMLReport.ProductPictures] {
        guard let catalog else { return [:] }
        struct Product: Decodable {
            struct Overlay: Decodable { var image: String }
            var id: String
            var image: String?
            var overlay: Overlay?
        }
        guard let lines = try? String(contentsOfFile: catalog + "/products.jsonl", encoding: .utf8) else {
            throw Environment.fail("\(catalog)/products.jsonl cannot be read", code: ReplayCommand.Exit.badFile)
        }
        let shown = report.shownProducts
        var pictures: [String: HTMLReport.ProductPictures] = [:]
        func media(_ file: String?) -> ReportMedia? {
            guard let file, let data = FileManager.default.contents(atPath: "\(catalog)/\(file)") else { return nil }
            return ReportMedia(type: ReportMedia.type(of: file), bytes: Array(data))
        }
        for line in lines.split(separator: "\n") {
            let product: Product
            do {
                product = try JSONDecoder().decode(Product.self, from: Data(line.utf8))
            } catch {
                throw Environment.fail("\(catalog)/products.jsonl: \(error)", code: ReplayCommand.Exit.badFile)
            }
            guard shown.contains(product.id) else { continue }
            pictures[product.id] = HTMLReport.ProductPictures(picture: media(product.image), overlay: media(product.overlay?.image))
        }
        return pictures
    }
}
