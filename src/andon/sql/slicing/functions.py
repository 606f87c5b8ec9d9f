"""What kind of thing a node of an expression is. What is not listed is not known.

The lists are held against the engine's own catalogue by a test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from sqlglot import exp

Kind = Literal["row", "aggregate", "window", "frame", "query", "unnest", "changing", "unknown"]
"""``row``: its value depends on nothing but the values below it; ``frame``: a window with what it
calls; ``window``: a function of windows only; ``changing``: another result at each run."""

_OPERATORS: Final = frozenset(
    "Column Identifier Literal ByteString Boolean Null Paren Placeholder Var Interval Tuple "
    "Neg Not And Or Add Sub Mul Div IntDiv Mod Pow DPipe "
    "BitwiseAnd BitwiseOr BitwiseXor BitwiseNot BitwiseLeftShift BitwiseRightShift "
    "EQ NEQ GT GTE LT LTE Is Between In NullSafeEQ NullSafeNEQ Any All Exists "
    "Like ILike SimilarTo Glob Escape RegexpLike RegexpILike Collate AtTimeZone "
    "Cast TryCast DataType DataTypeParam ColumnDef Case If Coalesce Nullif Try "
    "Bracket Slice Dot Struct PropertyEQ Array Map ToMap Lambda Kwarg Comprehension "
    "JSONExtract JSONExtractScalar JSONPath JSONPathRoot JSONPathKey JSONPathSubscript "
    "JSONPathWildcard JSONPathSlice "
    "Alias Filter Where WithinGroup Distinct Order Ordered IgnoreNulls RespectNulls "
    "WindowSpec Group Having Qualify Rollup Cube GroupingSets Grouping".split()
)
_FUNCTIONS: Final = frozenset(
    "Abs Acos Acosh ArrayAppend ArrayConcat ArrayContains ArrayContainsAll ArrayDistinct "
    "ArrayFilter ArrayIntersect ArrayMax ArrayMin ArrayOverlaps ArrayPosition ArrayPrepend "
    "ArrayReverse ArraySize ArraySlice ArraySort ArrayToString Ascii Asin Asinh Atan Atan2 Atanh "
    "BitLength Cbrt Ceil Chr Concat ConcatWs Contains Cos Cosh CosineDistance Cot Date DateAdd "
    "DateBin DateDiff DateFromParts DateTrunc Day DayOfMonth DayOfWeek DayOfWeekIso DayOfYear "
    "Dayname Decode Degrees Encode EndsWith EuclideanDistance Exp Extract Factorial Flatten Floor "
    "Format FromBase64 FromJson Getbit Greatest Hex Hour IsInf IsNan JSONArray JSONKeys "
    "JSONObject JSONRemove JSONSet JSONStripNulls JSONType JarowinklerSimilarity LastDay Least "
    "Left Length Levenshtein Ln Log Lower MD5 MapFromEntries MapKeys Minute Month Monthname "
    "Overlay Pad ParseJSON Pi Quarter Radians Reduce RegexpExtract RegexpExtractAll "
    "RegexpFullMatch RegexpReplace RegexpSplit Replace Reverse Right Round SHA SHA2 Second Sign "
    "Sin Sinh Split SplitPart Sqrt StartsWith StrPosition StrToTime StructExtract Substring Tan "
    "Tanh TimeFromParts TimeToStr TimeToUnix TimestampFromParts TimestampTrunc ToBase64 ToBinary "
    "ToDays Transform Translate Trim Trunc Typeof Unhex Unicode UnixToTime Upper Week WeekOfYear "
    "Year".split()
)
_AGGREGATES: Final = frozenset(
    "AnyValue ApproxDistinct ApproxQuantile ApproxTopK ArgMax ArgMin ArrayAgg Avg BitwiseAndAgg "
    "BitwiseOrAgg BitwiseXorAgg Corr Count CountIf CovarPop CovarSamp First GroupConcat Kurtosis "
    "Last LogicalAnd LogicalOr Max Median Min Mode PercentileCont PercentileDisc Quantile "
    "RegrAvgx RegrAvgy RegrCount RegrIntercept RegrR2 RegrSlope RegrSxx RegrSxy RegrSyy Skewness "
    "Stddev StddevPop StddevSamp Sum Variance VariancePop".split()
)
_WINDOWS: Final = frozenset(
    "RowNumber Rank DenseRank PercentRank CumeDist Ntile Lag Lead FirstValue LastValue "
    "NthValue".split()
)
_QUERIES: Final = frozenset(
    "Select Union Intersect Except Subquery Values Table Pivot Summarize Describe From".split()
)
_CHANGING: Final = frozenset(
    "Rand Uuid CurrentDate CurrentTime CurrentTimestamp Localtime Localtimestamp".split()
)
_CHANGING_NAMES: Final = frozenset(
    "random setseed uuidv4 uuidv7 gen_random_uuid nextval currval now today get_current_time "
    "get_current_timestamp transaction_timestamp current_localtimestamp current_localtime "
    "ago".split()
)
_AGGREGATE_NAMES: Final = frozenset(
    "arbitrary arg_max_null arg_max_nulls_last arg_min_null arg_min_nulls_last bitstring_agg "
    "count_star entropy favg fsum histogram histogram_exact kahan_sum kurtosis_pop lttb mad mean "
    "product reservoir_quantile sem sumkahan json_group_array json_group_object "
    "json_group_structure geomean geometric_mean wavg weighted_avg".split()
)
_WINDOW_NAMES: Final = frozenset({"fill"})
_TABLES: Final = frozenset({"range", "generate_series", "unnest", "repeat", "json_each"})
"""Functions that may stand in FROM."""

_NAMES: Final = frozenset(
    "aggregate array_aggr array_aggregate array_apply array_cosine_distance "
    "array_cosine_similarity array_cross_product array_distance array_dot_product array_extract "
    "array_grade_up array_has_any array_indexof array_inner_product array_negative_dot_product "
    "array_negative_inner_product array_pop_back array_pop_front array_push_back "
    "array_push_front array_reduce array_resize array_reverse_sort array_select array_sort "
    "array_to_json array_transform array_unique array_value array_where array_zip bar base64 bin "
    "binom bit_count bit_position bitstring cardinality century damerau_levenshtein date_part "
    "date_sub datepart datesub days_in_month decade decimal_division element_at enum_code "
    "enum_first enum_last enum_range enum_range_boundary epoch_ns epoch_us equi_width_bins era "
    "even fdiv fmod format_bytes from_binary from_json_strict gamma gcd grade_up "
    "greatest_common_divisor hamming hash isfinite isoyear jaccard jaro_similarity "
    "json_array_length json_contains json_deep_merge json_exists json_insert json_merge_patch "
    "json_merge_patch_diff json_normalize json_pretty json_quote json_replace json_transform "
    "json_transform_strict json_valid json_value julian lcm least_common_multiple left_grapheme "
    "length_grapheme lgamma list_aggr list_aggregate list_any_value list_apply list_avg list_cat "
    "list_cosine_similarity list_count list_dot_product list_element list_extract list_first "
    "list_grade_up list_has_all list_indexof list_inner_product list_intersect list_last "
    "list_max list_median list_min list_mode list_negative_dot_product "
    "list_negative_inner_product list_pack list_position list_product list_reduce list_resize "
    "list_reverse list_reverse_sort list_select list_slice list_sort list_string_agg list_sum "
    "list_unique list_where list_zip make_timestamp_ms make_timestamp_ns make_timestamptz "
    "map_concat map_contains map_contains_entry map_contains_value map_entries map_extract "
    "map_extract_value map_values md5_number md5_number_lower md5_number_upper microsecond "
    "millennium millisecond nanosecond nextafter nfc_normalize normalized_interval octet_length "
    "ord parse_dirname parse_dirpath parse_filename parse_formatted_bytes parse_path pg_typeof "
    "prefix printf regexp_escape regexp_split_to_array right_grapheme round_even roundbankers "
    "row row_to_json set_bit signbit strip_accents strlen struct_concat struct_contains "
    "struct_extract_at struct_has struct_indexof struct_insert struct_position struct_update "
    "substring_grapheme suffix switch timezone timezone_hour timezone_minute to_base "
    "to_centuries to_decades to_hours to_json to_microseconds to_millennia to_milliseconds "
    "to_minutes to_months to_quarters to_seconds to_weeks to_years try_strptime unbin "
    "union_extract union_tag union_value url_decode url_encode uuid_extract_timestamp "
    "uuid_extract_version weekday yearweek".split()
)


def kind_of(node: exp.Expr) -> Kind:
    """What a node is, apart from what stands below it."""
    name = type(node).__name__
    if name == "Anonymous":
        return _of_name(node.name.lower())
    if name in _OPERATORS or name in _FUNCTIONS:
        return "row"
    if name in _AGGREGATES:
        return "aggregate"
    if name in _WINDOWS:
        return "window"
    if name == "Window":
        return "frame"
    if name in _QUERIES:
        return "query"
    if name == "Explode":
        return "unnest"
    return "changing" if name in _CHANGING else "unknown"


def _of_name(name: str) -> Kind:
    if name in _NAMES:
        return "row"
    if name in _AGGREGATE_NAMES:
        return "aggregate"
    if name in _WINDOW_NAMES:
        return "window"
    return "changing" if name in _CHANGING_NAMES else "unknown"


def is_table_function(node: exp.Expr) -> bool:
    """Whether a function in FROM gives rows that only its arguments decide."""
    name = type(node).__name__
    return name == "GenerateSeries" or (name == "Anonymous" and node.name.lower() in _TABLES)
