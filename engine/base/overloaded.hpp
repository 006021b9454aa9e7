#pragma once

namespace lotse {

/// Several lambdas as one visitor: `std::visit(Overloaded{…}, variant)`.
template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

}  // namespace lotse
