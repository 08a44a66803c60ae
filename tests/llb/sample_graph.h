// A small graph with every kind of vertex that the builder makes.
#pragma once

#include "llb/builder.h"

namespace slipway::llb {

inline pb::Platform sample_platform() {
    pb::Platform platform;
    platform.set_os("linux");
    platform.set_architecture("amd64");
    return platform;
}

inline About named(std::string name) {
    About about;
    about.named(std::move(name));
    return about;
}

inline Ref sample_image(Builder& builder, const std::string& name = "busybox") {
    return builder.source({.identifier = "docker-image://docker.io/library/" + name + ":latest",
                           .attrs = {},
                           .platform = sample_platform()},
                          named("FROM " + name));
}

inline FileStep mkdir_step(const std::string& path) {
    FileStep step;
    pb::FileActionMkDir& action = *step.action.mutable_mkdir();
    action.set_path(path);
    action.set_mode(0755);
    action.set_timestamp(-1);
    return step;
}

inline FileStep copy_step(Ref source, const std::string& from, const std::string& to) {
    FileStep step{.action = {}, .source = source};
    pb::FileActionCopy& action = *step.action.mutable_copy();
    action.set_src(from);
    action.set_dest(to);
    action.set_mode(-1);
    action.set_timestamp(-1);
    return step;
}

inline Ref sample_exec(Builder& builder, Ref root, const std::string& command, About about = {}) {
    ExecSpec spec{.root = root, .platform = sample_platform()};
    for (const char* word : {"/bin/sh", "-c"}) spec.meta.add_args(word);
    spec.meta.add_args(command);
    spec.meta.set_cwd("/");
    return builder.exec(std::move(spec), std::move(about));
}

}  // namespace slipway::llb
