"""Begins, finishes and reads a session with a client that openapi-python-client generated."""

import sys
from io import BytesIO

from identomat_mock_client import AuthenticatedClient
from identomat_mock_client.api.calls import verify_calls
from identomat_mock_client.api.faults import add_fault
from identomat_mock_client.api.sessions import finish_session, get_session, upload_media
from identomat_mock_client.api.vendor import begin, get_card_front_by_query, get_result
from identomat_mock_client.models import (
    BeginParameters,
    BeginParametersFlags,
    Endpoint,
    Fault,
    GetResultParameters,
    MediaKind,
    Problem,
    FinishSessionBody,
    VerifyCallsBody,
)
from identomat_mock_client.types import File

url, company_key = sys.argv[1:]
# The mock needs no token here.
with AuthenticatedClient(base_url=url, token="unused") as mock:
    flags = BeginParametersFlags.from_dict({"language": "ka"})
    token = begin.sync(client=mock, body=BeginParameters(company_key=company_key, flags=flags))
    picture = b"\x89PNG\r\n\x1a\n" + bytes(100)
    upload = File(payload=BytesIO(picture), mime_type="image/png")
    upload_media.sync(token, client=mock, body=upload, kind=MediaKind.CARD_FRONT)
    finished = finish_session.sync(token, client=mock, body=FinishSessionBody(outcome="REJECTED"))
    assert finished.current_result == "REJECTED", finished
    result = get_result.sync(client=mock, body=GetResultParameters(company_key=company_key, session_token=token))
    assert result.result == "REJECTED", result
    assert get_session.sync(token, client=mock).flags == {"language": "ka"}
    shown = get_card_front_by_query.sync(client=mock, company_key=company_key, session_token=token)
    assert shown.payload.read() == picture
    add_fault.sync(client=mock, body=Fault(status=503, endpoint=Endpoint.RESULT))
    verified = verify_calls.sync(client=mock, body=VerifyCallsBody(endpoint=Endpoint.RESULT, exactly=2))
    assert isinstance(verified, Problem) and verified.count == 1, verified
