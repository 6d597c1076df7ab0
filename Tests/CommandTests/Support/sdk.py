"""The vendor's own SDK asks the simulator; prints what it got.

    sdk.py HOST:PORT TOKEN
"""
import base64
import hashlib
import json
import sys

from tencentcloud.common import credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.faceid.v20180301 import faceid_client, models

endpoint, token = sys.argv[1:]
http = HttpProfile(protocol="http", endpoint=endpoint)
client = faceid_client.FaceidClient(
    credential.Credential("simulator-id", "simulator-key"), "ap-singapore", ClientProfile(httpProfile=http))
request = models.GetFaceIdResultIntlRequest()
request.SdkToken = token
try:
    answer = client.GetFaceIdResultIntl(request)
except TencentCloudSDKException as error:
    print(json.dumps({"error": error.code}))
    sys.exit(0)


def digest(text):
    return hashlib.sha256(base64.b64decode(text, validate=True)).hexdigest() if text else None


print(json.dumps({
    "result": answer.Result,
    "best-frame": digest(answer.BestFrame),
    "video": digest(answer.Video),
    "action-video": digest(answer.ActionVideo),
    "similarity": answer.Similarity,
}))
