// gRPC C++: the same messages, three virtual calls between decode and encode. Prints its port.
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <memory>
#include <vector>

#include "vitrine/v1/sessions.grpc.pb.h"

namespace v1 = vitrine::v1;

struct Node {
    virtual ~Node() = default;
    virtual const v1::ClientMessage &pass(const v1::ClientMessage &message) { return message; }
};

class Sessions final : public v1::Sessions::Service {
    std::vector<std::unique_ptr<Node>> nodes_;

   public:
    Sessions() {
        for (int i = 0; i < 3; i++) nodes_.push_back(std::make_unique<Node>());
    }

    grpc::Status Converse(grpc::ServerContext *, grpc::ServerReaderWriter<v1::ServerMessage, v1::ClientMessage> *stream) override {
        v1::ClientMessage in;
        v1::ServerMessage out;
        uint64_t sequence = 0;
        while (stream->Read(&in)) {
            const v1::ClientMessage *message = &in;
            for (auto &node : nodes_) message = &node->pass(*message);
            out.set_sequence(++sequence);
            out.set_turn_id(message->turn_id());
            *out.mutable_audio() = message->audio();
            if (!stream->Write(out)) break;
        }
        return grpc::Status::OK;
    }
};

int main() {
    Sessions service;
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service);
    auto server = builder.BuildAndStart();
    std::printf("%d\n", port);
    std::fflush(stdout);
    server->Wait();
}
