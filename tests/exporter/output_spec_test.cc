#include "exporter/exporter.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>

namespace slipway::exporter {
namespace {

using slipway::testing::FailsWith;
using slipway::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;

OutputSpec parse(std::string_view text) {
    const auto spec = OutputSpec::parse(text);
    EXPECT_THAT(spec, IsOk()) << text;
    return spec.value_or(OutputSpec{});
}

TEST(OutputSpec, ReadsShortForms) {
    EXPECT_EQ(parse("out/dir").type, OutputType::kLocal);
    EXPECT_EQ(parse("out/dir").dest, "out/dir");
    EXPECT_EQ(parse("-").type, OutputType::kTar);
    EXPECT_EQ(parse("-").dest, "-");
}

TEST(OutputSpec, ReadsTypes) {
    EXPECT_EQ(parse("type=image").type, OutputType::kImage);
    EXPECT_EQ(parse("type=oci,dest=a.tar").type, OutputType::kOci);
    EXPECT_EQ(parse("dest=a.tar,type=docker").type, OutputType::kDocker);
    EXPECT_EQ(parse("type=local,dest=out").type, OutputType::kLocal);
    EXPECT_EQ(parse("type=tar,dest=a.tar").dest, "a.tar");
}

TEST(OutputSpec, ArchivesGoToStdoutWithoutDest) {
    EXPECT_EQ(parse("type=oci").dest, "-");
    EXPECT_EQ(parse("type=tar").dest, "-");
    EXPECT_EQ(parse("type=image").dest, "");
}

TEST(OutputSpec, ReadsImageKeys) {
    const auto spec = parse(
        "type=oci,dest=dir,tar=false,compression=zstd,compression-level=9,rewrite-timestamp=true,"
        "source-date-epoch=17,annotation.org.Example.Key=a=b,annotation-manifest.x=y,"
        "oci-mediatypes=true,oci-artifact=true,force-compression=false");
    EXPECT_FALSE(spec.tar);
    EXPECT_EQ(spec.compression, archive::Compression::kZstd);
    EXPECT_THAT(spec.compression_level, Optional(9));
    EXPECT_TRUE(spec.rewrite_timestamp);
    EXPECT_THAT(spec.source_date_epoch, Optional(17));
    EXPECT_THAT(spec.annotations, ElementsAre(Pair("org.Example.Key", "a=b"), Pair("x", "y")));
}

TEST(OutputSpec, HasDockersDefaults) {
    const auto spec = parse("type=oci,dest=a");
    EXPECT_EQ(spec.compression, archive::Compression::kGzip);
    EXPECT_EQ(spec.compression_level, std::nullopt);
    EXPECT_TRUE(spec.tar);
    EXPECT_FALSE(spec.rewrite_timestamp);
    EXPECT_THAT(spec.names, IsEmpty());
    EXPECT_EQ(parse("type=oci,compression=uncompressed").compression, archive::Compression::kNone);
}

TEST(OutputSpec, ReadsQuotedFields) {
    EXPECT_THAT(parse(R"(type=image,"name=app,example.com/app:2")").names,
                ElementsAre("docker.io/library/app:latest", "example.com/app:2"));
    EXPECT_EQ(parse(R"("type=local","dest=a ""b"", c")").dest, R"(a "b", c)");
}

struct Bad {
    std::string text;
    ErrorCode code;
    std::string why;
    std::string hint;
};

class OutputSpecRefuses : public ::testing::TestWithParam<Bad> {};

TEST_P(OutputSpecRefuses, AndSaysWhy) {
    const auto& bad = GetParam();
    const auto spec = OutputSpec::parse(bad.text);
    ASSERT_THAT(spec, FailsWith(bad.code, HasSubstr(bad.why)));
    EXPECT_THAT(spec.error().hint().value_or(""), HasSubstr(bad.hint));
}

INSTANTIATE_TEST_SUITE_P(
    Outputs, OutputSpecRefuses,
    ::testing::Values(
        Bad{"", ErrorCode::kUsage, "empty", ""},
        Bad{"dest=a", ErrorCode::kUsage, "type is missing", ""},
        Bad{"type=imgae", ErrorCode::kUsage, "'imgae'", "'image'"},
        Bad{"type=oci,dets=a", ErrorCode::kUsage, "'dets'", "'dest'"},
        Bad{"type=oci,compresion=gzip", ErrorCode::kUsage, "'compresion'", "'compression'"},
        Bad{"type=oci,compression=gzp", ErrorCode::kUsage, "'gzp'", "'gzip'"},
        Bad{"type=oci,dest", ErrorCode::kUsage, "KEY=VALUE", ""},
        Bad{"type=image,dest=a", ErrorCode::kUsage, "takes no 'dest'", ""},
        Bad{"type=local,dest=a,name=b", ErrorCode::kUsage, "takes no 'name'", ""},
        Bad{"type=local", ErrorCode::kUsage, "dest=FOLDER", ""},
        Bad{"type=oci,tar=false", ErrorCode::kUsage, "dest=FOLDER", ""},
        Bad{"type=oci,tar=false,dest=-", ErrorCode::kUsage, "stdout", ""},
        Bad{"type=local,dest=-", ErrorCode::kUsage, "stdout", ""},
        Bad{"type=oci,tar=maybe", ErrorCode::kUsage, "true or false", ""},
        Bad{"type=oci,compression-level=high", ErrorCode::kUsage, "number", ""},
        Bad{"type=oci,source-date-epoch=now", ErrorCode::kUsage, "seconds since 1970", ""},
        Bad{"type=image,name=UPPER", ErrorCode::kUsage, "lower case", ""},
        Bad{R"(type=image,"name=a)", ErrorCode::kUsage, "not closed", ""},
        Bad{"type=oci,annotation=x", ErrorCode::kUsage, "annotation.KEY=VALUE", ""},
        Bad{"type=tar,annotation.a=x", ErrorCode::kUsage, "no annotations", ""},
        Bad{"type=oci,annotation-index.a=x", ErrorCode::kUnsupported, "annotation-index.a", ""},
        Bad{"type=oci,annotation[linux/amd64].a=x", ErrorCode::kUnsupported, "not supported", ""},
        Bad{"type=registry,name=a", ErrorCode::kUnsupported, "registry", "skopeo"},
        Bad{"type=image,push=true", ErrorCode::kUnsupported, "push=true", ""},
        Bad{"type=image,store=false", ErrorCode::kUnsupported, "store=false", ""},
        Bad{"type=oci,oci-mediatypes=false", ErrorCode::kUnsupported, "oci-mediatypes", ""},
        Bad{"type=oci,force-compression=true", ErrorCode::kUnsupported, "force-compression", ""},
        Bad{"type=oci,compression=estargz", ErrorCode::kUnsupported, "estargz", ""},
        Bad{"type=local,dest=a,mode=delete", ErrorCode::kUnsupported, "mode=delete", ""}));

}  // namespace
}  // namespace slipway::exporter
