#include "base/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <mutex>
#include <vector>

namespace slipway {

namespace {

std::shared_ptr<spdlog::logger> logger;  // set once before threads start
std::mutex secrets_mutex;
std::vector<std::string> secrets;

std::string redacted(std::string_view text) {
    std::string result(text);
    const std::lock_guard lock(secrets_mutex);
    for (const auto& secret : secrets) {
        for (auto at = result.find(secret); at != std::string::npos;
             at = result.find(secret, at + 4)) {
            result.replace(at, secret.size(), "****");
        }
    }
    return result;
}

}  // namespace

Result<void> open_log(const std::string& path) {
    try {
        logger = std::make_shared<spdlog::logger>(
            "slipway", std::make_shared<spdlog::sinks::basic_file_sink_mt>(path));
    } catch (const spdlog::spdlog_ex& error) {
        return make_error(ErrorCode::kInvalidInput, "log file '{}': {}", path, error.what());
    }
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %t %v");
    logger->flush_on(spdlog::level::info);
    return {};
}

bool log_is_open() {
    return logger != nullptr;
}

void log_line(std::string_view room, std::string_view text) {
    if (logger) logger->info("{} {}", room, redacted(text));
}

void log_redact(std::string secret) {
    if (secret.empty()) return;
    const std::lock_guard lock(secrets_mutex);
    secrets.push_back(std::move(secret));
}

}  // namespace slipway
