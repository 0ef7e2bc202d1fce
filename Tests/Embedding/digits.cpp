// digits.cpp: digits trained from C++17. The header's example, with vectors for memory.
//
//     c++ -std=c++17 -Iinclude digits.cpp backprop.a
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "backprop.h"
#include "digits.h"

constexpr int pixels = 64, samples = 16, steps = 1000;

static void check(bp_status status) {
    if (status == BP_OK) return;
    std::fprintf(stderr, "%s\n", bp_status_text(status));
    std::exit(1);
}

int main() {
    std::vector<float> inputs;
    std::vector<std::int32_t> classes;
    for (const auto &digit : digits) {
        for (int i = 0; i < pixels; i++) inputs.push_back(static_cast<float>(digit[i] - 'A') / 16);
        classes.push_back(digit[pixels] - '0');
    }

    bp_layer layers[2] = {};
    layers[0].outputs = 32;
    layers[0].activation = BP_TANH;
    layers[1].outputs = 10;
    layers[1].activation = BP_SOFTMAX;
    const bp_kernels *kernels;
    check(bp_kernels_named(nullptr, &kernels));
    std::vector<unsigned char> memory(bp_network_size(2));
    const bp_network *network;
    check(bp_network_init(memory.data(), memory.size(), kernels, pixels, layers, 2, &network));

    std::vector<float> parameters(bp_network_parameters(network));
    bp_initialize_f32(network, 1, parameters.data());
    std::vector<unsigned char> room(bp_train_size_f32(network, samples));
    const bp_workspace workspace = {room.data(), room.size(), nullptr};
    bp_objective_f32 objective = {};
    objective.size = sizeof objective;
    objective.loss = BP_CROSS_ENTROPY;
    bp_optimizer_f32 descent;
    check(bp_optimizer_init_f32(&descent, sizeof descent, BP_GRADIENT_DESCENT, 0.1f));
    bp_state_f32 state = {};
    for (int step = 0; step < steps; step++) {
        const int first = step % (DIGITS / samples) * samples;
        bp_batch_f32 batch = {};
        batch.samples = samples;
        batch.inputs = &inputs[static_cast<std::size_t>(first * pixels)];
        batch.classes = &classes[static_cast<std::size_t>(first)];
        check(bp_step_f32(network, parameters.data(), &batch, &objective, &descent, &state, &workspace, nullptr));
    }

    std::uint64_t hash = 0xcbf29ce484222325;
    for (const float &weight : parameters) {
        std::uint32_t bits;
        std::memcpy(&bits, &weight, sizeof bits);
        hash = (hash ^ bits) * 0x100000001b3;
    }
    std::printf("%016llx\n", static_cast<unsigned long long>(hash));
}
