// Parsing and lowering of Dockerfiles, from 1,000 lines in 60 stages to 100,000 lines: time and
// memory against size, once with stages that become more, once with stages that become longer. What
// the lines hold is mixed as in the Dockerfiles of inference images: RUN with continuation lines
// and cache mounts, COPY between stages, ARG, ENV, comments.
#include "dockerfile/ast.h"
#include "frontend/dockerfile_frontend.h"
#include "llb/graph.h"

#include <fmt/format.h>

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <new>
#include <string>

namespace {

std::atomic<std::size_t> g_now{0};
std::atomic<std::size_t> g_most{0};

void* allocate(std::size_t size) {
    void* const memory = std::malloc(size);
    if (memory == nullptr) throw std::bad_alloc();
    const std::size_t now = g_now += ::malloc_usable_size(memory);
    if (now > g_most) g_most = now;
    return memory;
}

void release(void* memory) {
    if (memory != nullptr) g_now -= ::malloc_usable_size(memory);
    std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
    return allocate(size);
}
void* operator new[](std::size_t size) {
    return allocate(size);
}
void operator delete(void* memory) noexcept {
    release(memory);
}
void operator delete[](void* memory) noexcept {
    release(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    release(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    release(memory);
}

namespace slipway {
namespace {

using Clock = std::chrono::steady_clock;

/// Every image is there at once.
class Images final : public frontend::ImageResolver {
  public:
    Result<frontend::ResolvedImage> resolve(const std::string& ref, const image::Platform& platform,
                                            frontend::ResolveMode) override {
        image::ImageConfig config = image::ImageConfig::for_scratch(platform);
        config.diff_ids = {Digest::of(ref)};
        return frontend::ResolvedImage{
            .identifier =
                fmt::format("docker-image://docker.io/library/{}@{}", ref, Digest::of(ref)),
            .config = std::move(config)};
    }
};

/// One block of lines, different each time.
std::string block(int number, int stage) {
    switch (number % 6) {
        case 0:
            return fmt::format(
                "RUN --mount=type=cache,target=/root/.cache/{} \\\n    apt-get update && \\\n"
                "    # for step {}\n    apt-get install -y package-{}\n",
                number % 7, number, number);
        case 1:
            return fmt::format("COPY --chown=1000:1000 src/{} include/{}.h /work/{}/\n", number,
                               number, number % 10);
        case 2:
            return fmt::format(
                "ARG VERSION_{}=1.{}\nENV LIBRARY_{}=\"/opt/${{VERSION_{}:-none}}\"\n", number % 5,
                number, number % 5, number % 5);
        case 3:
            return stage == 0 ? fmt::format("RUN make -j8 target-{}\n", number)
                              : fmt::format("COPY --from=stage{} /out/{} /usr/local/\n", stage - 1,
                                            number);
        case 4:
            return fmt::format("# step {}\n\nWORKDIR /work/{}\n", number, number % 10);
        default:
            return fmt::format("RUN <<EOF\nset -e\necho {} >>/log\nEOF\n", number);
    }
}

std::string dockerfile_of(int lines, int stages) {
    std::string text = "# syntax=docker/dockerfile:1\nARG BASE=debian\n";
    int written = 2;
    int number = 0;
    for (int stage = 0; stage < stages; ++stage) {
        text += fmt::format("FROM ${{BASE}}:{} AS stage{}\n", stage % 4, stage);
        ++written;
        const int end = static_cast<int>((static_cast<long long>(lines) * (stage + 1)) / stages);
        while (written < end) {
            const std::string more = block(number++, stage);
            written += static_cast<int>(std::count(more.begin(), more.end(), '\n'));
            text += more;
        }
    }
    return text;
}

struct Measured {
    double parse_ms = 0;
    double lower_ms = 0;
    std::size_t bytes = 0;
    std::size_t vertices = 0;
};

double milliseconds(Clock::duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

Measured measure_once(const std::string& text) {
    frontend::Request request;
    request.platform.architecture = request.build_platform.architecture = "amd64";
    Images images;
    const std::size_t before = g_now;
    g_most = before;
    const auto start = Clock::now();
    const auto file = dockerfile::parse_dockerfile(text, "Dockerfile");
    const auto parsed = Clock::now();
    if (!file) {
        fmt::print(stderr, "{}\n", file.error().to_string());
        std::exit(1);
    }
    const auto lowered = frontend::lower(*file, request, images);
    const auto end = Clock::now();
    if (!lowered) {
        fmt::print(stderr, "{}\n", lowered.error().to_string());
        std::exit(1);
    }
    return {.parse_ms = milliseconds(parsed - start),
            .lower_ms = milliseconds(end - parsed),
            .bytes = g_most - before,
            .vertices = static_cast<std::size_t>(lowered->definition.def_size())};
}

/// The best of several: other load on the machine only adds.
Measured measure(const std::string& text) {
    Measured best = measure_once(text);
    const auto end = Clock::now() + std::chrono::seconds(1);
    for (int i = 0; i < 30 && (i < 3 || Clock::now() < end); ++i) {
        const Measured more = measure_once(text);
        best.parse_ms = std::min(best.parse_ms, more.parse_ms);
        best.lower_ms = std::min(best.lower_ms, more.lower_ms);
    }
    return best;
}

void print_curve(const char* title, bool more_stages) {
    fmt::print("\n{}\n{:>8} {:>7} {:>9} {:>9} {:>9} {:>12} {:>10} {:>12}\n", title, "lines",
               "stages", "vertices", "parse ms", "lower ms", "us per line", "peak MiB",
               "B per line");
    for (const int lines : {1000, 2000, 5000, 10'000, 20'000, 50'000, 100'000}) {
        const int stages = more_stages ? lines * 60 / 1000 : 60;
        const Measured measured = measure(dockerfile_of(lines, stages));
        fmt::print("{:>8} {:>7} {:>9} {:>9.2f} {:>9.2f} {:>12.2f} {:>10.1f} {:>12.0f}\n", lines,
                   stages, measured.vertices, measured.parse_ms, measured.lower_ms,
                   1000 * (measured.parse_ms + measured.lower_ms) / lines,
                   static_cast<double>(measured.bytes) / (1024 * 1024),
                   static_cast<double>(measured.bytes) / lines);
    }
}

}  // namespace
}  // namespace slipway

int main() {
    slipway::print_curve("more stages", true);
    slipway::print_curve("longer stages", false);
    return 0;
}
