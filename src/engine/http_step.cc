// A file by http or https (llb-facts 1.3, 3.3).
#include "base/text.h"
#include "base/url.h"
#include "engine/internal/remote_sources.h"
#include "engine/value.h"

#include <array>
#include <optional>

namespace slipway::engine {

namespace {

constexpr std::string_view kHeaderPrefix = "http.header.";
/// What a Dockerfile's author may set; the rest is dropped, as BuildKit does.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kHeaders = {
    {{"accept", "Accept"}, {"user-agent", "User-Agent"}}};

Result<std::uint32_t> number(std::string_view name, const std::string& text) {
    const bool octal = text.size() > 1 && text.starts_with('0');
    const auto value = parse_uint(text, octal ? 8 : 10);
    if (!value || *value > 0xFFFFFFFFU)
        return make_error(ErrorCode::kInvalidInput, "attribute {}: '{}' is no number", name, text);
    return static_cast<std::uint32_t>(*value);
}

/// The Authorization header for the host of `url`, out of the build's secrets; "" when none is for
/// it.
std::string authorization_for(const std::string& url, const Secrets& secrets) {
    const auto parsed = Url::parse(url);
    if (!parsed) return {};
    std::string host = parsed->host;
    if (const auto colon = host.rfind(':'); colon != std::string::npos && !host.ends_with(']'))
        host.resize(colon);
    if (const auto found = secrets.find("HTTP_AUTH_HEADER_" + host); found != secrets.end())
        return std::string(trim(found->second));
    if (const auto found = secrets.find("HTTP_AUTH_TOKEN_" + host); found != secrets.end())
        return "Bearer " + std::string(trim(found->second));
    return {};
}

}  // namespace

Result<source::HttpFile> read_http_op(const pb::SourceOp& op, const Secrets& secrets) {
    source::HttpFile file;
    file.url = op.identifier();
    file.authorization = authorization_for(file.url, secrets);
    for (const auto& [name, value] : op.attrs()) {
        if (name == "http.checksum") {
            SLIPWAY_ASSIGN(file.checksum, Digest::parse(value).context("attribute {}", name));
        } else if (name == "http.filename") {
            file.name = value;
        } else if (name == "http.perm") {
            SLIPWAY_ASSIGN(file.mode, number(name, value));
            file.mode &= 07777U;
        } else if (name == "http.uid") {
            SLIPWAY_ASSIGN(file.uid, number(name, value));
        } else if (name == "http.gid") {
            SLIPWAY_ASSIGN(file.gid, number(name, value));
        } else if (name == "http.authheadersecret") {
            const auto found = secrets.find(value);
            if (found == secrets.end()) {
                return make_error(ErrorCode::kInvalidInput, "the build has no secret '{}'", value)
                    .hint("give it with --secret id=" + value + ",...");
            }
            file.authorization = trim(found->second);
        } else if (name.starts_with(kHeaderPrefix)) {
            for (const auto& [key, header] : kHeaders) {
                if (name.substr(kHeaderPrefix.size()) == key)
                    file.headers.push_back(fmt::format("{}: {}", header, value));
            }
        }
    }
    return file;
}

namespace {

class HttpStep final : public SnapshotStep {
  public:
    HttpStep(BuildContext& build, const llb::Vertex& vertex, source::HttpFile file)
        : SnapshotStep(build), id_(vertex.digest), file_(std::move(file)) {}

    Result<solver::Key> definition_key(std::span<const Digest>, std::stop_token stop) override {
        const auto download = build_.options.mode == solver::Mode::kDryRun
                                  ? source::Download::kNever
                                  : source::Download::kIfNeeded;
        SLIPWAY_ASSIGN(content_, build_.workspace.http_files().resolve(file_, download, build_.sink,
                                                                       id_, std::move(stop)));
        if (!content_) return make_key({{"content of the URL", "new, not downloaded"}});
        std::string time;
        if (content_->last_modified) time = std::to_string(*content_->last_modified);
        std::vector<solver::Ingredient> ingredients = {
            {"content of the URL", content_->digest.to_string()},
            {"file name", content_->name},
            {"mode and owner", fmt::format("{:04o} {}:{}", file_.mode, file_.uid, file_.gid)},
            {"time of last change", time}};
        for (const auto& header : file_.headers) ingredients.push_back({"header", hidden(header)});
        return make_key(std::move(ingredients));
    }

    Result<std::optional<solver::Key>> content_key(std::span<const solver::Output>,
                                                   std::stop_token) override {
        return std::optional<solver::Key>();
    }

    Result<std::vector<solver::Output>> run(std::span<const solver::Output>,
                                            std::stop_token stop) override {
        if (!content_) return make_error(ErrorCode::kInternal, "run before its key was asked for");
        SLIPWAY_ASSIGN(auto layer, build_.workspace.http_files().layer(
                                       file_, *content_, build_.sink, id_, std::move(stop)));
        return std::vector{to_output({std::move(layer)})};
    }

  private:
    Digest id_;
    source::HttpFile file_;
    std::optional<source::HttpContent> content_;
};

}  // namespace

Result<std::unique_ptr<solver::Step>> make_http_step(BuildContext& build,
                                                     const llb::Vertex& vertex) {
    SLIPWAY_ASSIGN(auto file, read_http_op(vertex.op.source(), build.options.secrets));
    return std::make_unique<HttpStep>(build, vertex, std::move(file));
}

}  // namespace slipway::engine
