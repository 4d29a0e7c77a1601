import ArgumentParser
import EventLoop
import Foundation
import PluginWorkers
import Router
import Server
import Wire

struct PluginMeasureCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure",
        abstract: "Measure how long a plugin takes for one message, and how many a second it does.",
        discussion: """
            Gives the plugin the same message again and again: for a plugin that takes sound 20 ms of a tone, for one that takes text a short \
            text, for others the picture of --file. With --kills the plugin's process is killed that often while streams go on, and what becomes of \
            them is counted.
            """)

    @Argument(help: "Name of the plugin, or path of its file.")
    var name: String

    @OptionGroup var location: PluginCommand.Location

    @Option(help: ArgumentHelp("A picture for a plugin that takes pictures.", valueName: "path"))
    var file: String?

    @Flag(help: "Give the picture as a camera's pictures, 30 a second, which a plugin may follow.")
    var video = false

    @Option(help: "Messages of each measurement.")
    var count = 20_000

    @Option(help: "Kill the worker's process so often instead, while 50 streams go on.")
    var kills: Int?

    func run() throws {
        guard (100...10_000_000).contains(count) else { throw Environment.fail("--count takes a number from 100 to 10000000", code: 64) }
        if let kills, !(1...100_000).contains(kills) { throw Environment.fail("--kills takes a number from 1 to 100000", code: 64) }
        do {
            var configuration = try location.configuration(loading: name)
            // A killed process is not to be waited for longer than a live one takes to start.
            configuration.plugins[0].limits.life.restartMsMin = 1
            if kills != nil { configuration.plugins[0].limits.life.restartMsMax = 1 }
            let runtime = try PluginRuntime(configuration)
            let loop = try EventLoop(name: "measure")
            let measuring = Measuring(runtime: runtime, loop: loop, file: file, video: video, count: count, kills: kills)
            vitrine.run(loop, measuring) { $0.start() }
            runtime.shutdown()
            if let failure = measuring.failure { throw Environment.fail(failure) }
        } catch let error as ServerError {
            throw Environment.fail(error.message)
        }
    }
}

/// One measurement, printed as a line of JSON. Confined to its loop.
private final class Measuring {
    private let runtime: PluginRuntime
    private let loop: EventLoop
    private let file: String?
    private let video: Bool
    private let count: Int
    private let kills: Int?
    private var node: (any Node)?
    private var measure: PluginMeasure?
    private var deaths: WorkerDeaths?
    private(set) var failure: String?

    init(runtime: PluginRuntime, loop: EventLoop, file: String?, video: Bool, count: Int, kills: Int?) {
        self.runtime = runtime
        self.loop = loop
        self.file = file
        self.video = video
        self.count = count
        self.kills = kills
    }

    func start() {
        do {
            let (node, manifest) = try runtime.onlyNode(on: loop)
            self.node = node
            let message = try message(for: manifest.consumes)
            if let kills {
                deaths = try WorkerDeaths(node: node, loop: loop, message: message, kills: kills, streams: 50) { [self] in print($0) }
                guard let deaths else { return end("--kills is for a plugin in a process of its own: say --worker") }
                return deaths.start()
            }
            measure = try PluginMeasure(node: node, loop: loop, message: message, count: count) { [self] result in
                switch result {
                case .success(let found):
                    printLine(
                        "{\"plugin\":\"\(manifest.name)\",\"median_us\":\(rounded(found.medianUs)),\"mean_us\":\(rounded(found.meanUs)),"
                            + "\"p99_us\":\(rounded(found.p99Us)),\"per_second\":\(Int(found.perSecond)),\"inputs\":\(found.inputs)}")
                    end(nil)
                case .failure(let status): end("\(status)")
                }
            }
            measure?.start()
        } catch let error as ServerError {
            end(error.message)
        } catch {
            end("\(error)")
        }
    }

    private func print(_ found: WorkerDeathCount) {
        let down = found.downUs
        printLine(
            "{\"kills\":\(found.kills),\"opened\":\(found.opened),\"finished\":\(found.finished),\"unavailable\":\(found.unavailable),"
                + "\"otherwise\":\(found.otherwise),\"unended\":\(found.opened - found.finished - found.unavailable - found.otherwise),"
                + "\"refused\":\(found.refused),\"outputs\":\(found.outputs),\"wrong\":\(found.wrong),"
                + "\"down_median_us\":\(down.isEmpty ? 0 : down[down.count / 2]),\"resident_early\":\(found.residentEarly),"
                + "\"resident_late\":\(found.residentLate),\"descriptors_early\":\(found.descriptorsEarly),"
                + "\"descriptors_late\":\(found.descriptorsLate)}")
        end(nil)
    }

    private func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }

    private func end(_ failure: String?) {
        self.failure = failure
        if let node { runtime.retire([node]) }
        loop.nextTick { [loop] in loop.stop() }
    }

    private func message(for consumes: [String]) throws -> ClientMessage {
        if consumes.contains("audio") {
            let samples = (0..<320).flatMap { index -> [UInt8] in
                let sample = UInt16(bitPattern: Int16(8_000 * sin(Double(index) * 2 * .pi * 440 / 16_000)))
                return [UInt8(sample & 0xff), UInt8(sample >> 8)]
            }
            return ClientMessage(kind: .audio(AudioChunk(encoding: .pcm16le, sampleRateHz: 16_000, channels: 1, samples: samples)))
        }
        if consumes.contains("text") { return ClientMessage(kind: .text(TextInput(text: "silver earrings"))) }
        guard let file else { throw RPCStatus(.invalidArgument, "the plugin takes pictures: name one with --file") }
        guard let data = FileManager.default.contents(atPath: file) else { throw RPCStatus(.notFound, "\(file): no such file, or it cannot be read") }
        if video { return ClientMessage(kind: .video(VideoFrame(purpose: .selfie, data: Array(data)))) }
        return ClientMessage(kind: .image(ImagePart(purpose: .query, imageID: 1, last: true, data: Array(data))))
    }
}
