#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/runtime/dialect.hpp"

namespace lotse::http {

/// A piece of a request's head, wherever the buffer lies that holds it.
struct Piece {
  std::uint32_t at = 0;
  std::uint32_t size = 0;
};

/// Header lines of a request, as pieces of its head.
class HeaderFields final : public PostFields {
 public:
  void clear() { fields_.clear(); }
  void add(Piece name, Piece value) { fields_.push_back({name, value}); }
  /// Where the head's bytes are from now on.
  void lie_at(const char* head) { head_ = head; }

  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const override;
  [[nodiscard]] std::vector<std::pair<std::string, std::string_view>> with_prefix(
      std::string_view prefix) const override;

 private:
  struct Field {
    Piece name, value;
  };
  [[nodiscard]] std::string_view text(Piece piece) const { return {head_ + piece.at, piece.size}; }

  std::vector<Field> fields_;
  const char* head_ = nullptr;
};

/// Parameters of a query, `application/x-www-form-urlencoded` as WHATWG's URL standard reads it: what is no
/// escape stays as it is.
class QueryFields final : public PostFields {
 public:
  void parse(std::string_view query);
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const override;
  [[nodiscard]] std::vector<std::pair<std::string, std::string_view>> with_prefix(
      std::string_view prefix) const override;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace lotse::http
