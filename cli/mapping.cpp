#include "cli/mapping.hpp"

#include <utility>

namespace lotse::cli {

std::optional<file::FileFormat> format_of(const std::string& name) {
  if (name == "ndjson") return file::FileFormat::ndjson;
  if (name == "csv") return file::FileFormat::csv;
  if (name == "xes") return file::FileFormat::xes;
  return std::nullopt;
}

Result<std::optional<file::Mapping>> read_mapping(Context& context, const std::string& path) {
  LOTSE_TRY(const std::string text, read_file(path));
  Loaded<file::Mapping> mapping = file::load_mapping(path, text);
  print(context, mapping.findings);
  if (!mapping.value) context.status = Exit::findings;
  return std::move(mapping.value);
}

std::optional<double> share_of(const file::Progress& progress) {
  if (!progress.bytes_total || *progress.bytes_total == 0) return std::nullopt;
  return static_cast<double>(progress.bytes) / static_cast<double>(*progress.bytes_total);
}

}  // namespace lotse::cli
