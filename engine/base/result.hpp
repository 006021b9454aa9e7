#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace lotse {

/// What kind of failure of the world it is, so that a caller can choose between retry, report and exit
/// status.
enum class ErrorCode : std::uint8_t { bad_input, not_found, conflict, storage, unavailable };

struct Error {
  ErrorCode code;
  std::string message;  ///< names the thing, what was found and what was expected

  friend bool operator==(const Error&, const Error&) = default;
};

/// The value, or why the world did not give it. (`tl::expected`, because g++ 12 has no std::expected in
/// C++20.)
template <class T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace lotse

#define LOTSE_TRY_CONCAT_(a, b) a##b
#define LOTSE_TRY_CONCAT(a, b) LOTSE_TRY_CONCAT_(a, b)
#define LOTSE_TRY_IMPL(result, declaration, expression)                 \
  auto result = (expression);                                           \
  if (!result) return ::tl::make_unexpected(std::move(result).error()); \
  declaration = *std::move(result)

/// `LOTSE_TRY(const auto x, f())`: the value, or return f's Error to the caller.
#define LOTSE_TRY(declaration, expression) \
  LOTSE_TRY_IMPL(LOTSE_TRY_CONCAT(lotse_try_, __LINE__), declaration, expression)

/// The same for a Result<void>.
#define LOTSE_CHECK(expression)                                      \
  do {                                                               \
    if (auto lotse_check_ = (expression); !lotse_check_)             \
      return ::tl::make_unexpected(std::move(lotse_check_).error()); \
  } while (false)
