// Load for the gRPC peers: SESSIONS streams, WINDOW messages under way on each, or with @RATE so many a second on each, counted from when each was
// due. Prints the same line as client.c.
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "vitrine/v1/sessions.grpc.pb.h"

namespace v1 = vitrine::v1;
using Clock = std::chrono::steady_clock;

int main(int argc, char **argv) {
    if (argc < 5) return 2;
    const int sessions = std::atoi(argv[2]), rate = argv[3][0] == '@' ? std::atoi(argv[3] + 1) : 0, window = rate ? 0 : std::atoi(argv[3]);
    const long each = std::atol(argv[4]) / sessions;
    auto channel = grpc::CreateChannel(std::string("127.0.0.1:") + argv[1], grpc::InsecureChannelCredentials());
    auto stub = v1::Sessions::NewStub(channel);
    v1::ClientMessage message;
    message.set_turn_id(1);
    message.set_capture_time_us(1000000);
    auto *audio = message.mutable_audio();
    audio->set_encoding(v1::AUDIO_ENCODING_PCM16LE);
    audio->set_sample_rate_hz(16000);
    audio->set_channels(1);
    audio->set_samples(std::string(640, 'x'));
    std::vector<std::vector<float>> latency(sessions);
    std::vector<std::thread> threads;
    const auto begin = Clock::now();
    for (int s = 0; s < sessions; s++)
        threads.emplace_back([&, s] {
            grpc::ClientContext context;
            auto stream = stub->Converse(&context);
            std::vector<Clock::time_point> stamps(each);
            std::atomic<long> received{0};
            std::thread reader([&] {
                v1::ServerMessage reply;
                while (received < each && stream->Read(&reply)) {
                    const long n = received;
                    latency[s].push_back(std::chrono::duration<float, std::micro>(Clock::now() - stamps[n]).count());
                    received = n + 1;
                }
            });
            for (long n = 0; n < each; n++) {
                if (rate) {
                    stamps[n] = begin + std::chrono::nanoseconds((n * sessions + s) * 1000000000L / (static_cast<long>(rate) * sessions));
                    std::this_thread::sleep_until(stamps[n]);
                } else {
                    while (n - received >= window) std::this_thread::yield();
                    stamps[n] = Clock::now();
                }
                if (!stream->Write(message)) break;
            }
            stream->WritesDone();
            reader.join();
            stream->Finish();
        });
    for (auto &thread : threads) thread.join();
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    std::vector<float> all;
    for (auto &one : latency) all.insert(all.end(), one.begin(), one.end());
    if (all.empty()) return 1;
    std::sort(all.begin(), all.end());
    std::printf("{\"seconds\": %.6f, \"frames\": %zu, \"p50_us\": %.1f, \"p99_us\": %.1f}\n", seconds, all.size(), all[all.size() / 2], all[all.size() * 99 / 100]);
}
