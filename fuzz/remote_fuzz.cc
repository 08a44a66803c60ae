// What users write for a URL, a git repository or a remote context is one of these or refused; its
// parts, written again, mean the same; and no message has the password in it.
#include "base/git_url.h"
#include "base/path.h"
#include "base/url.h"
#include "frontend/git_ref.h"
#include "frontend/internal/add_remote.h"
#include "frontend/remote_context.h"
#include "fuzz_check.h"
#include "registry/url.h"
#include "source/http_files.h"
#include "source/internal/git_mirror.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace slipway;
using namespace slipway::frontend;

namespace {

constexpr std::string_view kPassword = "hunter2hunter2";

bool is_told(std::string_view text) {
    return text.find(kPassword) != std::string_view::npos;
}

/// The error, if it is one, says something, and not the password.
template <typename T>
void check_error(const Result<T>& result) {
    if (result.has_value()) return;
    const Error& error = result.error();
    FUZZ_CHECK(error.code() == ErrorCode::kInvalidInput, "what users write is not our bug");
    FUZZ_CHECK(!error.message().empty(), "an error without a message");
    FUZZ_CHECK(!is_told(error.to_string()) && !is_told(error.hint().value_or("")),
               "an error tells the password");
}

void check_name(const std::string& name) {
    FUZZ_CHECK(!name.empty() && name != "." && name != ".." &&
                   name.find('/') == std::string::npos && name.find('\0') == std::string::npos,
               "a file name that is none");
}

void check_url(const std::string& text) {
    const auto url = Url::parse(text);
    check_error(url);
    check_error(registry::Url::parse(text));
    check_name(source::safe_file_name(text));
    check_name(source::safe_file_name(url_base_name(text)));
    check_name(source::safe_file_name(source::disposition_file_name(text)));
    FUZZ_CHECK(url_base_name(text).find('/') == std::string::npos, "a base name with a slash");
    if (!url) return;
    check_error(parse_query(url->query));
    const auto again = Url::parse(url->without_query());
    FUZZ_CHECK(again.has_value(), "without its query the URL is refused");
    FUZZ_CHECK(again->scheme == url->scheme && again->user == url->user &&
                   again->host == url->host && again->path == url->path &&
                   again->raw_path == url->raw_path,
               "without its query the URL is another");
    FUZZ_CHECK(again->query.empty() && again->fragment.empty(), "the query is still there");
}

void check_git_url(const std::string& text) {
    const auto url = GitUrl::parse(text);
    check_error(url);
    if (!url || !*url) return;
    const GitUrl& git = **url;
    FUZZ_CHECK(RelPath::parse(git.subdir).has_value() || git.subdir.empty(),
               "the subdirectory leaves the repository");
    const auto again = GitUrl::parse(git.remote);
    FUZZ_CHECK(again && *again, "the remote is no URL");
    FUZZ_CHECK((*again)->remote == git.remote && (*again)->host == git.host &&
                   (*again)->user == git.user && (*again)->path == git.path,
               "the remote is another");
    FUZZ_CHECK((*again)->ref.empty() && (*again)->subdir.empty() && (*again)->query.empty(),
               "the remote has more than git is to see");

    const auto remote = source::GitRemote::parse(git.remote, "");
    check_error(remote);
    if (!remote) return;
    FUZZ_CHECK(!is_told(remote->url), "git's command line has the password");
    FUZZ_CHECK(!remote->url.starts_with('-'), "git takes the remote for an option");
    const auto other = source::GitRemote::parse(remote->url, "");
    FUZZ_CHECK(other && other->url == remote->url, "the remote that git is given is another");
}

void check_source(const llb::SourceSpec& source) {
    FUZZ_CHECK(!is_told(source.identifier), "the identifier has the password");
    FUZZ_CHECK(source.identifier.starts_with("git://"), "no git source");
}

void check_git_ref(const std::string& text) {
    const auto git = GitRef::parse(text);
    check_error(git);
    const bool is_git = git && *git;
    FUZZ_CHECK(!is_http_file(text) || (git && !is_git), "it is both a file and a repository");
    const auto context = RemoteContext::find_git(text, true, true);
    FUZZ_CHECK(context.has_value() == git.has_value(), "as a context it is judged otherwise");
    if (!is_git) return;
    const auto source = (*git)->source();
    FUZZ_CHECK(source.has_value(), "the repository has no source");
    check_source(*source);
    FUZZ_CHECK(context->has_value(), "the repository is no context");
    FUZZ_CHECK(!is_told((*context)->name), "the vertex tells the password");
    FUZZ_CHECK(llb::Graph::load((*context)->graph()).has_value(), "the context's graph is broken");
}

void check_add(const std::string& text) {
    dockerfile::Copy copy;
    copy.is_add = true;
    const auto remote = find_remote_source(copy, text, "");
    check_error(remote);
    FUZZ_CHECK(!remote || !*remote || is_remote_source(text), "ADD sees another kind of source");
    copy.is_add = false;
    check_error(find_remote_source(copy, text, ""));
}

void check_all(const std::string& text) {
    check_url(text);
    check_git_url(text);
    check_git_ref(text);
    check_add(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    if (is_told(text)) return 0;
    check_all(text);
    // The same with a password, where a URL has one.
    const auto start = text.find("://");
    if (start == std::string::npos) return 0;
    const std::string head = text.substr(0, start + 3);
    // "git@https://x", "github.com/s://x": a path, no URL
    if (!std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(start),
                     [](unsigned char c) { return std::isalnum(c) != 0; }))
        return 0;
    const std::string rest = text.substr(start + 3);
    const bool may_be_host = rest.substr(0, rest.find_first_of("/?#")).find('@') == rest.npos;
    if (!may_be_host) return 0;
    check_all(head + "me:" + std::string(kPassword) + "@" + rest);
    check_all(head + "-me:" + std::string(kPassword) + "@" + rest);
    return 0;
}
