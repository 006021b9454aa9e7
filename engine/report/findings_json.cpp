#include "engine/report/findings_json.hpp"

#include <cstdint>

namespace lotse {
namespace {

void write_place(JsonWriter& json, const Location& where) {
  json.key("where")
      .begin_object()
      .field("file", where.file)
      .field("line", std::uint64_t{where.line})
      .field("column", std::uint64_t{where.column})
      .end_object();
}

}  // namespace

void write_findings(JsonWriter& json, std::span<const Diagnostic> findings) {
  json.begin_array();
  for (const Diagnostic& finding : findings) {
    json.begin_object()
        .field("severity", finding.severity == Severity::error ? "error" : "warning")
        .field("code", finding.code);
    write_place(json, finding.where);
    json.field("message", finding.message)
        .field("hint", finding.hint)
        .field("source_line", finding.source_line)
        .key("notes")
        .begin_array();
    for (const Note& note : finding.notes) {
      json.begin_object();
      write_place(json, note.where);
      json.field("message", note.message).end_object();
    }
    json.end_array().end_object();
  }
  json.end_array();
}

}  // namespace lotse
