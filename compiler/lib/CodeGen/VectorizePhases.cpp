//===- VectorizePhases.cpp - Loops of vectors of phases -------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Each dnn.phase becomes loops of full vectors with one shorter tail: over rows
// and features, or over all elements at once where rows follow each other
// without a gap and would not fill their last vector. A row alone is written
// out. A division by what repeats over the features of a row is a product with
// its inverse. Sums over features stay in registers until their row ends, those
// over rows are read and written strip by strip.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/VectorizePhases.h"

#include "compiler/lib/CodeGen/Dropout.h"
#include "compiler/lib/CodeGen/KernelBuilder.h"
#include "compiler/lib/CodeGen/Passes.h"
#include "compiler/lib/CodeGen/Team.h"
#include "dialects/DNN/DNN.h"
#include "runtime/include/rnn/rnn.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace rnnc {
#define GEN_PASS_DEF_VECTORIZEPHASES
#include "compiler/lib/CodeGen/CodeGenPasses.h.inc"
} // namespace rnnc

using namespace mlir;
using namespace rnnc;
using namespace rnnc::dnn;

namespace {

/// Operations of the strips of one turn of a loop, where several of them keep
/// sums of their own.
constexpr int64_t ChainedOps = 32;

/// Bytes of the rows from which on their next ones are asked for.
constexpr int64_t PrefetchedRow = 256;

int64_t bytesOf(Value buffer) {
  return elementType(buffer).getIntOrFloatBitWidth() / 8;
}

/// Whether a buffer is not memory of one step of time, which stays in a near
/// cache.
bool isFar(Value buffer) {
  auto op = buffer.getDefiningOp<BufferOp>();
  if (!op || !op.getPlaces())
    return false;
  return llvm::none_of(op.getPlacesAttr().getAsRange<PlaceAttr>(),
                       [](PlaceAttr place) {
                         static const std::string near[] = {
                             "arena" + std::to_string(RNN_CLASS_BATCH),
                             "arena" + std::to_string(RNN_CLASS_STATIC),
                             "arena" + std::to_string(RNN_CLASS_STAGE_BATCH)};
                         return llvm::is_contained(near, place.getSpace());
                       });
}

/// How an input repeats.
enum class Repeat { None, OverFeatures, Everywhere };

class PhaseLowering {
public:
  PhaseLowering(PhaseOp phase, const TargetShape &target)
      : phase(phase), b(phase.getLoc(), phase),
        width(features(phase.getShapeBuffer())),
        lanes(target.lanes(elementType(phase.getShapeBuffer()))) {}

  void run() {
    findDivisors();
    hoistNumbers();
    if (isFlat())
      emitFlat();
    else
      emitRows();
    phase.erase();
  }

  /// Whether every buffer is one run of rows * width elements, or one number,
  /// and rows would not fill their last vector.
  bool isFlat() {
    auto isRun = [&](Value buffer) {
      auto type = cast<MemRefType>(buffer.getType());
      return features(buffer) == width && rowStride(buffer) == width &&
             (type.getDimSize(0) != 1 || oneRow());
    };
    if (width % lanes == 0 || oneRow() || !phase.getRowSums().empty() ||
        !phase.getColumnSums().empty() ||
        !llvm::all_of(phase.getOutputs(), isRun))
      return false;
    return llvm::all_of(phase.getInputs(), [&](Value input) {
      return repeats(input) == Repeat::Everywhere || isRun(input);
    });
  }

private:
  bool repeatsOverRows(Value input) { return isOneRow(input) && !oneRow(); }
  /// Whether the phase itself has one row, so that one-row inputs are full.
  bool oneRow() {
    return !phase.getOutputs().empty() && isOneRow(phase.getOutputs().front());
  }
  int64_t mostWithoutLoop() {
    return phase.getOutputs().empty()
               ? 1
               : stripsWithoutLoop(phase.getOutputs().front());
  }

  Repeat repeats(Value input) {
    if (features(input) != 1 || width == 1)
      return repeatsOverRows(input) && width == 1 ? Repeat::Everywhere
                                                  : Repeat::None;
    return isOneRow(input) || oneRow() ? Repeat::Everywhere
                                       : Repeat::OverFeatures;
  }

  /// Replaces divisions by inputs that repeat over features by products with
  /// arguments of their own, which come after those of the inputs: a vector
  /// takes several times as long to divide as to multiply.
  void findDivisors() {
    Block &body = phase.getBody().front();
    SmallVector<std::pair<arith::DivFOp, unsigned>> divisions;
    body.walk([&](arith::DivFOp division) {
      auto by = dyn_cast<BlockArgument>(division.getRhs());
      if (width != 1 && by && by.getOwner() == &body &&
          repeats(phase.getInputs()[by.getArgNumber()]) != Repeat::None)
        divisions.push_back({division, by.getArgNumber()});
    });
    llvm::SmallDenseMap<unsigned, Value> inverses;
    for (auto [division, input] : divisions) {
      Value &inverse = inverses[input];
      if (!inverse) {
        divisors.push_back(input);
        inverse = body.addArgument(division.getType(), division.getLoc());
      }
      OpBuilder at(division);
      Value product = arith::MulFOp::create(at, division.getLoc(),
                                            division.getLhs(), inverse);
      division.replaceAllUsesWith(product);
      division.erase();
    }
  }

  /// Appends the inverses of numbers that are known to them.
  void appendInverses(SmallVectorImpl<Value> &scalars) {
    for (unsigned input : divisors) {
      Value number = scalars[input];
      scalars.push_back(number ? b.divf(b.number(number.getType(), 1), number)
                               : Value());
    }
  }

  /// Loads what is one number for the whole phase.
  void hoistNumbers() {
    Value zero = b.index(0);
    for (Value input : phase.getInputs())
      numbers.push_back(repeats(input) == Repeat::Everywhere
                            ? b.load(input, zero, zero, Strip())
                            : Value());
    appendInverses(numbers);
  }

  void emitRows() {
    bool sums = !phase.getRowSums().empty();
    std::optional<Part> part;
    PartNumbers rows = {b.index(0), phase.getRows()};
    if (sums)
      rows = getRows(b, phase, phase.getRows());
    else
      part = getColumns(b, phase, width, lanes);
    b.loop(rows.first, rows.end, 1, [&](Value row) {
      SmallVector<Value> perRow;
      Value zero = b.index(0);
      for (auto [input, number] : llvm::zip_first(phase.getInputs(), numbers))
        perRow.push_back(repeats(input) == Repeat::OverFeatures
                             ? b.load(input, row, zero, Strip())
                             : number);
      appendInverses(perRow);
      auto emit = [&](Value column, const Strip &strip) {
        prefetchNextRow(row, column, strip);
        return emitStrip(phase.getInputs(), phase.getOutputs(), perRow, row,
                         column, strip);
      };
      if (sums)
        return emitSums(row, emit);
      b.strips(width, lanes, part, emit, mostWithoutLoop());
    });
  }

  /// Strips of a loop's turn whose sums are kept apart, since a sum waits for
  /// itself: as many as a short body has room for.
  int64_t chains(int64_t strips) {
    auto ops = std::distance(phase.getBody().front().begin(),
                             phase.getBody().front().end());
    for (int64_t count : {4, 2})
      if (strips % count == 0 && count * ops <= ChainedOps)
        return count;
    return 1;
  }

  /// Emits the strips of a row and the sums over them.
  void
  emitSums(Value row,
           llvm::function_ref<SmallVector<Value>(Value, const Strip &)> emit) {
    auto add = [&](Value x, Value y) { return b.addf(x, y); };
    auto addTo = [&](MutableArrayRef<Value> sums, ArrayRef<Value> values) {
      for (auto [sum, value] : llvm::zip_equal(sums, values))
        sum = sum ? add(sum, value) : value;
    };
    int64_t full = width / lanes * lanes;
    size_t count = phase.getRowSums().size();
    SmallVector<Value> sums(count);
    if (full > mostWithoutLoop() * lanes) {
      int64_t together = chains(full / lanes);
      Type type = b.stripType(elementType(phase.getRowSums().front()), lanes);
      SmallVector<Value> carried(count * together, b.number(type, 0));
      carried =
          b.loop(b.index(0), b.index(full), together * lanes, carried,
                 [&](Value column, ValueRange before) {
                   SmallVector<Value> next(before);
                   for (int64_t i = 0; i < together; ++i)
                     addTo(MutableArrayRef(next).slice(i * count, count),
                           emit(b.add(column, i * lanes), {lanes, nullptr}));
                   return next;
                 });
      for (int64_t i = 0; i < together; ++i)
        addTo(sums, ArrayRef(carried).slice(i * count, count));
    } else {
      for (int64_t column = 0; column < full; column += lanes)
        addTo(sums, emit(b.index(column), {lanes, nullptr}));
    }
    for (Value &sum : sums)
      sum = sum ? b.fold(sum, add) : sum;
    if (full < width) {
      Strip rest = b.shortest(width - full);
      SmallVector<Value> values = emit(b.index(full), rest);
      for (Value &value : values) {
        if (rest.mask)
          value = arith::SelectOp::create(b, rest.mask, value,
                                          b.number(value.getType(), 0));
        value = b.fold(value, add);
      }
      addTo(sums, values);
    }
    for (auto [sum, out, scale] :
         llvm::zip_equal(sums, phase.getRowSums(), phase.getScales())) {
      if (scale != 1)
        sum = b.mulf(sum, b.number(sum.getType(), scale));
      b.store(sum, out, row, b.index(0), Strip());
    }
  }

  /// Asks for the same columns of the next row in buffers that are no longer,
  /// or not yet, in a near cache: each is a stream of its own that begins anew
  /// in every row, which the hardware would have to notice first.
  void prefetchNextRow(Value row, Value column, const Strip &strip) {
    if (width * bytesOf(phase.getShapeBuffer()) < PrefetchedRow)
      return;
    auto ask = [&](Value buffer, bool isWritten) {
      if (isOneRow(buffer) || features(buffer) != width || !isFar(buffer))
        return;
      memref::PrefetchOp::create(b, buffer, ValueRange{b.add(row, 1), column},
                                 isWritten, /*localityHint=*/3,
                                 /*isDataCache=*/true);
    };
    for (Value output : phase.getOutputs())
      ask(output, /*isWritten=*/true);
    for (Value input : phase.getInputs())
      if (!llvm::is_contained(phase.getOutputs(), input))
        ask(input, /*isWritten=*/false);
  }

  void emitFlat() {
    Value total = b.mul(phase.getRows(), width);
    SmallVector<Value> inputs, outputs;
    for (auto [input, number] : llvm::zip_first(phase.getInputs(), numbers))
      inputs.push_back(number ? input : flatten(input, total));
    for (Value output : phase.getOutputs())
      outputs.push_back(flatten(output, total));
    Value lanesValue = b.index(lanes), zero = b.index(0);
    Value rest = arith::RemUIOp::create(b, total, lanesValue);
    Value full = arith::SubIOp::create(b, total, rest);
    Value begin = zero, end = full;
    Value partial =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ne, rest, zero);
    if (dnn::ShareOp share = getShare(phase)) {
      Value vectors = arith::DivUIOp::create(b, full, lanesValue);
      PartNumbers own = getPartNumbers(b, share, vectors);
      begin = b.mul(own.first, lanes);
      end = b.mul(own.end, lanes);
      partial = arith::AndIOp::create(b, partial, isFirstThread(b, share));
    }
    b.loop(begin, end, lanes, [&](Value column) {
      emitStrip(inputs, outputs, numbers, zero, column, {lanes, nullptr});
    });
    auto branch = scf::IfOp::create(b, partial, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    Value mask = vector::CreateMaskOp::create(
        b, VectorType::get(lanes, b.getI1Type()), rest);
    emitStrip(inputs, outputs, numbers, zero, full, {lanes, mask});
  }

  /// The buffer as one row, which is as long as its elements are many.
  Value flatten(Value buffer, Value total) {
    Type element = elementType(buffer);
    auto layout = StridedLayoutAttr::get(b.getContext(), ShapedType::kDynamic,
                                         {width, 1});
    auto type = MemRefType::get({1, ShapedType::kDynamic}, element, layout);
    auto metadata = memref::ExtractStridedMetadataOp::create(b, buffer);
    return memref::ReinterpretCastOp::create(
        b, type, metadata.getBaseBuffer(), OpFoldResult(metadata.getOffset()),
        ArrayRef<OpFoldResult>{b.getIndexAttr(1), OpFoldResult(total)},
        ArrayRef<OpFoldResult>{b.getIndexAttr(width), b.getIndexAttr(1)});
  }

  /// Gives what is summed over features.
  SmallVector<Value> emitStrip(ValueRange inputs, ValueRange outputs,
                               ArrayRef<Value> scalars, Value row, Value column,
                               const Strip &strip) {
    SmallVector<Value> arguments;
    for (auto [index, input] : llvm::enumerate(inputs)) {
      if (scalars[index]) {
        arguments.push_back(b.splat(scalars[index], strip.width));
        continue;
      }
      Value from = repeatsOverRows(phase.getInputs()[index]) ? b.index(0) : row;
      arguments.push_back(b.load(input, from, column, strip));
    }
    for (Value inverse : scalars.drop_front(inputs.size()))
      arguments.push_back(b.splat(inverse, strip.width));
    Value element;
    if (hasDropout(phase.getBody()))
      element = b.add(b.mul(row, width), column);
    SmallVector<Value> results =
        b.inlineBody(phase.getBody(), arguments, strip.width, element);
    ArrayRef<Value> left = results;
    for (Value output : outputs)
      b.store(left.consume_front(), output, row, column, strip);
    ArrayRef<Value> summed = left.take_front(phase.getRowSums().size());
    left = left.drop_front(summed.size());
    for (Value sum : phase.getColumnSums()) {
      Value before = b.load(sum, b.index(0), column, strip);
      b.store(b.addf(before, left.consume_front()), sum, b.index(0), column,
              strip);
    }
    return SmallVector<Value>(summed);
  }

  PhaseOp phase;
  KernelBuilder b;
  int64_t width, lanes;
  /// Inputs that are divided by where they repeat.
  SmallVector<unsigned> divisors;
  /// Of inputs, and then of the inverses of divisors, what is one number for
  /// the whole phase.
  SmallVector<Value> numbers;
};

} // namespace

bool rnnc::isFlatPhase(PhaseOp phase, int64_t vectorBytes) {
  return PhaseLowering(phase, {vectorBytes, /*registers=*/0}).isFlat();
}

namespace {

class VectorizePhases
    : public rnnc::impl::VectorizePhasesBase<VectorizePhases> {
public:
  using VectorizePhasesBase::VectorizePhasesBase;

  void runOnOperation() override {
    TargetShape target{vectorBytes, /*registers=*/0};
    SmallVector<PhaseOp> phases;
    getOperation()->walk([&](PhaseOp phase) { phases.push_back(phase); });
    for (PhaseOp phase : phases)
      PhaseLowering(phase, target).run();
  }
};

} // namespace
