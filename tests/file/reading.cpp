#include "tests/file/reading.hpp"

#include <unistd.h>
#include <zlib.h>

#include <catch2/catch.hpp>
#include <fstream>

namespace lotse::test {

TemporaryFile::TemporaryFile(const std::string& name, std::string_view bytes) {
  std::string folder = (std::filesystem::temp_directory_path() / "lotse-XXXXXX").string();
  REQUIRE(mkdtemp(folder.data()) != nullptr);
  path_ = std::filesystem::path(folder) / name;
  std::ofstream out(path_, std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  REQUIRE(out.good());
}

TemporaryFile::~TemporaryFile() {
  std::error_code ignored;
  std::filesystem::remove_all(path_.parent_path(), ignored);
}

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
  std::string in(bytes);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

ReadFile read_path(const std::filesystem::path& path, const file::FileOptions& options) {
  ReadFile out;
  auto reader = file::EventFile::open(path, options, out.findings);
  if (!reader) {
    out.error = reader.error();
    return out;
  }
  out.file_id = reader->file_id();
  file::Batch batch;
  while (true) {
    const auto more = reader->next(batch);
    if (!more) out.error = more.error();
    if (!more || !*more) break;
    ++out.batches;
    for (const file::Place& place : batch.places) {
      out.lines.push_back(place.line);
      out.raw.emplace_back(batch.raw(place));
    }
    out.events.insert(out.events.end(), batch.events.begin(), batch.events.end());
    for (const auto& each : batch.rejected) {
      out.rejected.push_back(
          {each.place.line, each.column, each.reason, each.detail, std::string(batch.raw(each.place))});
    }
  }
  CHECK(reader->progress().records == out.events.size() + out.rejected.size());
  return out;
}

ReadFile read_text(const std::string& name, std::string_view bytes, const file::FileOptions& options) {
  const TemporaryFile file(name, bytes);
  return read_path(file.path(), options);
}

file::Mapping mapping(std::string_view text) {
  auto loaded = file::load_mapping("mapping.yaml", text);
  CHECK(render(loaded.findings).empty());
  REQUIRE(loaded.value.has_value());
  return *std::move(loaded.value);
}

std::string describe(const Event& event) {
  std::string out =
      event.type + " " + format_instant(event.time) + " " + (event.channel.empty() ? "-" : event.channel);
  for (const Identifier& id : event.ids) out += " " + id.name_space + "=" + id.value;
  return out + " " + to_json(event.properties) + " " + to_json(event.traits);
}

}  // namespace lotse::test
