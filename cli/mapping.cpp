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

}  // namespace lotse::cli
