// slipway images, inspect, history, tag, rmi, save and load: the local store.
#include "base/json.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/image_view.h"
#include "cli/table.h"
#include "exporter/exporter.h"
#include "image/reference.h"
#include "os/file.h"
#include "os/system.h"
#include "progress/event.h"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace slipway::cli {

namespace {

Result<void> list_images(engine::Workspace& workspace, bool json, bool quiet) {
    SLIPWAY_ASSIGN(const auto all, workspace.names().list());
    Rows rows = {{"IMAGE", "DIGEST", "CREATED", "SIZE"}};
    Json list = Json::array();
    for (const auto& named : all) {
        SLIPWAY_ASSIGN(const auto view,
                       load_image(workspace, named).context("image {}", named.name));
        rows.push_back({familiar_name(named.name), named.target.short_hex(), ago(named.created_at),
                        format_bytes(view.size)});
        list.push_back({{"name", named.name},
                        {"digest", named.target.to_string()},
                        {"created", image::rfc3339(named.created_at)},
                        {"size", view.size}});
    }
    if (json) {
        print(dump_json(Json{{"version", 1}, {"images", list}}, 2));
    } else if (quiet) {
        for (const auto& named : all) print(named.target.to_string());
    } else {
        print_table(rows);
    }
    return {};
}

Result<Json> describe(engine::Workspace& workspace, const std::string& name) {
    SLIPWAY_ASSIGN(const auto named, find_image(workspace, name));
    SLIPWAY_ASSIGN(const auto view, load_image(workspace, named));
    SLIPWAY_ASSIGN(const Json config, parse_json(view.config_text));
    Json names = Json::array();
    SLIPWAY_ASSIGN(const auto all, workspace.names().list());
    for (const auto& other : all) {
        if (other.target == named.target) names.push_back(familiar_name(other.name));
    }
    Json diff_ids = Json::array();
    for (const auto& id : view.config.diff_ids) diff_ids.push_back(id.to_string());
    Json layers = Json::array();
    for (const auto& layer : view.manifest.layers) layers.push_back(layer.to_json());
    return Json{{"Id", view.manifest.config.digest.to_string()},
                {"Digest", view.manifest_digest.to_string()},
                {"RepoTags", names},
                {"Created", config.value("created", Json())},
                {"Architecture", view.config.platform.architecture},
                {"Os", view.config.platform.os},
                {"Size", view.size},
                {"Config", config.value("config", Json::object())},
                {"RootFS", {{"Type", "layers"}, {"Layers", diff_ids}}},
                {"Layers", layers}};
}

Result<void> inspect(engine::Workspace& workspace, const std::vector<std::string>& names) {
    Json list = Json::array();
    for (const auto& name : names) {
        SLIPWAY_ASSIGN(auto description, describe(workspace, name));
        list.push_back(std::move(description));
    }
    print(dump_json(list, 4));
    return {};
}

Result<void> show_history(engine::Workspace& workspace, const std::string& name, bool json,
                          bool whole) {
    constexpr std::size_t kShown = 60;
    SLIPWAY_ASSIGN(const auto named, find_image(workspace, name));
    SLIPWAY_ASSIGN(const auto view, load_image(workspace, named));
    Rows rows;
    Json list = Json::array();
    std::size_t layer = 0;
    for (const auto& entry : view.config.history) {
        std::uint64_t size = 0;
        std::string digest;
        if (!entry.empty_layer && layer < view.manifest.layers.size()) {
            size = view.manifest.layers[layer].size;
            digest = view.manifest.layers[layer].digest.to_string();
            ++layer;
        }
        std::string text = entry.created_by;
        std::ranges::replace(text, '\n', ' ');
        if (!whole && text.size() > kShown) text = text.substr(0, kShown - 1) + "…";
        rows.push_back(
            {entry.created.value_or("-"), text, entry.empty_layer ? "0 B" : format_bytes(size)});
        list.push_back({{"created", entry.created ? Json(*entry.created) : Json()},
                        {"created_by", entry.created_by},
                        {"comment", entry.comment},
                        {"empty_layer", entry.empty_layer},
                        {"layer", digest.empty() ? Json() : Json(digest)},
                        {"size", size}});
    }
    std::ranges::reverse(rows);  // newest first, as docker history
    rows.insert(rows.begin(), {"CREATED", "CREATED BY", "SIZE"});
    if (json) {
        print(dump_json(Json{{"version", 1}, {"history", list}}, 2));
    } else {
        print_table(rows);
    }
    return {};
}

Result<void> tag(engine::Workspace& workspace, const std::string& source,
                 const std::string& target) {
    SLIPWAY_ASSIGN(auto image, find_image(workspace, source));
    SLIPWAY_ASSIGN(const auto ref, image::ImageRef::parse(target));
    if (ref.digest)
        return make_error(ErrorCode::kUsage, "'{}': a name for an image has no digest", target);
    image.name = ref.to_string();
    image.created_at = os::now_unix_nanoseconds() / 1'000'000'000;
    return workspace.names().set(image);
}

Result<void> remove(engine::Workspace& workspace, const std::vector<std::string>& names) {
    std::vector<content::NamedImage> images;
    for (const auto& name : names) {  // all are looked up before the first is removed
        SLIPWAY_ASSIGN(auto image, find_image(workspace, name));
        images.push_back(std::move(image));
    }
    for (const auto& image : images) {
        SLIPWAY_TRY(workspace.names().remove(image.name));
        print("untagged " + familiar_name(image.name));
    }
    return {};
}

Result<void> load(engine::Workspace& workspace, const std::string& file, const std::string& name) {
    SLIPWAY_ASSIGN(const auto input,
                   os::open_read(file.empty() || file == "-" ? "/dev/stdin" : file));
    os::FdReader reader(input);
    SLIPWAY_ASSIGN(const auto names, workspace.images().load_archive(reader, name));
    for (const auto& loaded : names) print("loaded " + familiar_name(loaded));
    return {};
}

Result<void> save(engine::Workspace& workspace, const std::string& name, const std::string& dest,
                  const std::string& format) {
    SLIPWAY_ASSIGN(const auto image, find_image(workspace, name));
    exporter::OutputSpec spec;
    if (format != "docker" && format != "oci") {
        return make_error(ErrorCode::kUsage, "--format '{}' is neither docker nor oci", format);
    }
    spec.type = format == "oci" ? exporter::OutputType::kOci : exporter::OutputType::kDocker;
    spec.dest = dest.empty() ? "-" : dest;
    if (spec.dest == "-" && os::terminal_width(1)) {
        return make_error(ErrorCode::kUsage, "an archive would fill the terminal")
            .hint("give -o FILE, or send it to a file or pipe");
    }
    progress::NullSink sink;
    exporter::Exporter exporter(workspace.store(), workspace.blobs(), workspace.names(),
                                workspace.layers(), workspace.cpu_pool(), sink);
    return exporter.save(image, spec, {});
}

struct ImageFlags {
    std::vector<std::string> names;
    std::string target;
    std::string file;
    std::string format = "docker";
    bool json = false;
    bool quiet = false;
    bool whole = false;
};

}  // namespace

void add_image_commands(CLI::App& app, Globals& globals, Action& action) {
    using Body = std::function<Result<void>(engine::Workspace&, const ImageFlags&)>;
    const auto add = [&](const char* name, const char* help, const char* examples, Body body) {
        auto flags = std::make_shared<ImageFlags>();
        auto* command = app.add_subcommand(name, help);
        command->footer(std::string("Examples:\n") + examples);
        command->callback([&globals, &action, flags, body] {
            action = [&globals, flags, body] {
                return with_workspace(
                    globals, os::LockMode::kShared,
                    [&](engine::Workspace& workspace) { return body(workspace, *flags); });
            };
        });
        return std::pair(command, flags);
    };
    {
        auto [command, flags] = add("images", "List the images in the local store",
                                    "  slipway images\n  slipway images --json\n",
                                    [](engine::Workspace& w, const ImageFlags& f) {
                                        return list_images(w, f.json, f.quiet);
                                    });
        command->add_flag("--json", flags->json, "As JSON");
        command->add_flag("-q,--quiet", flags->quiet, "Digests only");
    }
    {
        auto [command, flags] =
            add("inspect", "Show an image's configuration and layers as JSON",
                "  slipway inspect app | jq '.[0].Config.Env'\n",
                [](engine::Workspace& w, const ImageFlags& f) { return inspect(w, f.names); });
        command->add_option("IMAGE", flags->names, "Name or digest")->required();
    }
    {
        auto [command, flags] = add("history", "Show how an image's layers were made",
                                    "  slipway history --no-trunc app\n",
                                    [](engine::Workspace& w, const ImageFlags& f) {
                                        return show_history(w, f.names.at(0), f.json, f.whole);
                                    });
        command->add_option("IMAGE", flags->names, "Name or digest")->required()->expected(1);
        command->add_flag("--json", flags->json, "As JSON");
        command->add_flag("--no-trunc", flags->whole, "Whole commands");
    }
    {
        auto [command, flags] =
            add("tag", "Give an image another name", "  slipway tag app localhost:5000/app:1.0\n",
                [](engine::Workspace& w, const ImageFlags& f) {
                    return tag(w, f.names.at(0), f.target);
                });
        command->add_option("IMAGE", flags->names, "Name or digest")->required()->expected(1);
        command->add_option("NAME", flags->target, "New name")->required();
    }
    {
        auto [command, flags] =
            add("rmi", "Remove names of images; 'slipway prune' then frees what nothing uses",
                "  slipway rmi app:old\n",
                [](engine::Workspace& w, const ImageFlags& f) { return remove(w, f.names); });
        command->add_option("IMAGE", flags->names, "Name or digest")->required();
    }
    {
        auto [command, flags] = add(
            "load", "Load an archive of 'docker save', podman or skopeo into the local store",
            "  docker save app | slipway load\n  slipway load -i app.tar\n",
            [](engine::Workspace& w, const ImageFlags& f) { return load(w, f.file, f.target); });
        command->add_option("-i,--input", flags->file, "Archive (default: standard input)");
        command->add_option("-t,--tag", flags->target, "Name, for an archive that carries none");
    }
    {
        auto [command, flags] =
            add("save", "Write an image as an archive",
                "  slipway save app | docker load\n  slipway save --format oci -o app.tar app\n",
                [](engine::Workspace& w, const ImageFlags& f) {
                    return save(w, f.names.at(0), f.file, f.format);
                });
        command->add_option("IMAGE", flags->names, "Name or digest")->required()->expected(1);
        command->add_option("-o,--output", flags->file, "File (default: standard output)");
        command->add_option("--format", flags->format, "Kind of archive")
            ->type_name("docker|oci")
            ->capture_default_str();
    }
}

}  // namespace slipway::cli
